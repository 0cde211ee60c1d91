"""The queue between the ledger and the workers. It is a hint: losing it costs time, not work."""

from celery import Celery


def celery(url: str, hard_limit: float) -> Celery:
    """A Celery application on this broker; ``hard_limit`` is the longest a task may take.

    Each setting was measured under kills and a frozen broker: with the
    defaults a lost task comes back late and a publish hangs for more than a minute.
    """
    app = Celery("redline", broker=url, set_as_current=False)
    app.conf.update(
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 2 * hard_limit,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "health_check_interval": 25,
        },
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_publish_retry=False,
        task_acks_late=True,
        # Safe only since the ledger counts attempts: a task that kills its process comes back.
        task_reject_on_worker_lost=True,
        task_time_limit=hard_limit,
        task_default_queue="review",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
    )
    return app
