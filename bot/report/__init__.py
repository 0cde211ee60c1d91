"""The page behind the status: what is kept of a review, who may read it, how it looks."""
