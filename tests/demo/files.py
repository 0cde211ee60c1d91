"""The demo's repository: a small shop as a platform team would keep it, a change, and its fix."""

API_DOCKERFILE = """\
FROM golang:1.22.5-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/api ./cmd/api

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/api /api
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/api"]
"""

WEB_DOCKERFILE = """\
FROM node:20.15.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.27.0-alpine3.19
COPY --from=build /app/dist /usr/share/nginx/html
USER 101:101
EXPOSE 8080
"""

API_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
  labels:
    app.kubernetes.io/name: api
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: api
  template:
    metadata:
      labels:
        app.kubernetes.io/name: api
    spec:
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: api
          image: registry.shop.example:5000/api:1.14.2
          ports:
            - name: http
              containerPort: 8080
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1", memory: 256Mi}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          livenessProbe:
            httpGet: {path: /alive, port: http}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
"""

WEB_DEPLOYMENT = (
    API_DEPLOYMENT.replace("name: api", "name: web")
    .replace("/api:1.14.2", "/web:2.3.0")
    .replace("65532", "101")
)

WORKER_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  namespace: shop
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: worker
  template:
    metadata:
      labels:
        app.kubernetes.io/name: worker
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: worker
          image: registry.shop.example:5000/worker
          env:
            - name: QUEUE
              value: orders
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1"}
          readinessProbe:
            exec: {command: [python, -m, worker.ready]}
          livenessProbe:
            exec: {command: [python, -m, worker.alive]}
          securityContext:
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
              add: [SYS_PTRACE]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
        - name: agent
          image: registry.shop.example:5000/agent:0.9.1
          resources:
            requests: {cpu: 10m, memory: 32Mi}
            limits: {cpu: 100m, memory: 64Mi}
          readinessProbe:
            tcpSocket: {port: 9102}
          livenessProbe:
            tcpSocket: {port: 9102}
          securityContext:
            privileged: true
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
"""

SCALING = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: api
  namespace: shop
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  minReplicas: 3
  maxReplicas: 9
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: api
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: api
"""

DOCKERIGNORE = """\
.git
**/.env
**/__pycache__
**/node_modules
"""

WORKER_DOCKERFILE = """\
FROM python:3.12-slim
ENV PAYMENT_API_TOKEN=pay_live_8f2b61c09d4e7a35
WORKDIR /srv
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN useradd --system worker
USER worker
CMD ["python", "-m", "worker"]
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: api
  ports:
    - name: http
      port: 80
      targetPort: http
"""

CHART = """\
apiVersion: v2
name: search
version: 0.4.1
"""

CHART_TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-search
spec:
  replicas: {{ .Values.replicas }}
"""

BASE: dict[str, str] = {
    "README.md": "# shop\n\nThe shop's services and how they are deployed.\n",
    "services/api/.dockerignore": DOCKERIGNORE,
    "services/api/Dockerfile": API_DOCKERFILE,
    "services/web/.dockerignore": DOCKERIGNORE,
    "services/web/Dockerfile": WEB_DOCKERFILE,
    "deploy/shop/api.yaml": API_DEPLOYMENT,
    "deploy/shop/web.yaml": WEB_DEPLOYMENT,
    "deploy/shop/api-service.yaml": SERVICE,
    "deploy/shop/api-scaling.yaml": SCALING,
    "deploy/shop/web-scaling.yaml": SCALING.replace("name: api", "name: web"),
    "charts/search/Chart.yaml": CHART,
    "charts/search/templates/deployment.yaml": CHART_TEMPLATE,
    "charts/search/values.yaml": "replicas: 2\n",
}

CHANGE: dict[str, str | None] = {
    "services/worker/.dockerignore": DOCKERIGNORE,
    "services/worker/Dockerfile": WORKER_DOCKERFILE,
    "services/worker/requirements.txt": "celery==5.4.0\n",
    "deploy/shop/worker.yaml": WORKER_DEPLOYMENT,
    "deploy/shop/worker-scaling.yaml": SCALING.replace("name: api", "name: worker"),
    "deploy/shop/api.yaml": API_DEPLOYMENT.replace(
        "        runAsNonRoot: true\n        runAsUser: 65532\n",
        "        runAsNonRoot: false\n        runAsUser: 0\n",
    ),
    "services/web/Dockerfile": WEB_DOCKERFILE.replace("node:20.15.1-bookworm-slim", "node:latest"),
    "charts/search/values.yaml": "replicas: 3\n",
}

FIX: dict[str, str | None] = {
    "services/worker/Dockerfile": WORKER_DOCKERFILE.replace(
        "FROM python:3.12-slim\nENV PAYMENT_API_TOKEN=pay_live_8f2b61c09d4e7a35\n",
        "FROM python:3.12.4-slim-bookworm\n",
    )
    .replace("RUN useradd --system worker\nUSER worker\n", "USER 10001:10001\n")
    .replace("pip install -r", "pip install --no-cache-dir -r"),
    "deploy/shop/worker.yaml": WORKER_DEPLOYMENT.replace(
        "        runAsNonRoot: true\n",
        "        runAsNonRoot: true\n        runAsUser: 10001\n",
    )
    .replace("5000/worker\n", "5000/worker:1.0.0\n")
    .replace('limits: {cpu: "1"}', 'limits: {cpu: "1", memory: 256Mi}')
    .replace("              add: [SYS_PTRACE]\n", "")
    .replace("            privileged: true\n", "")
    .replace(
        "            readOnlyRootFilesystem: true\n",
        "            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n",
    ),
    "deploy/shop/api.yaml": API_DEPLOYMENT,
    "services/web/Dockerfile": WEB_DOCKERFILE,
}
