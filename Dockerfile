# The studio as an image, with the model that comes with it:
#
#     docker build --tag duck-and-cover .
#     docker run --publish 7860:7860 duck-and-cover
#
# or with others, of the Hub or of this machine; every other command works likewise:
#
#     docker run --publish 7860:7860 duck-and-cover serve you/model
#     docker run --publish 7860:7860 --volume "$PWD/runs:/runs:ro" duck-and-cover serve /runs/mine
#
# PyTorch's builds for GPUs are many times as large as those for CPUs, which are kept at an index of
# their own. Give pip its address, and the image comes without CUDA:
#
#     docker build --build-arg PIP_EXTRA_INDEX_URL=ADDRESS --tag duck-and-cover .
FROM python:3.12-slim

# Pillow sets Arabic and Hebrew with the system's libfribidi.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libfribidi0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 user

# What it needs, in a layer that lasts for as long as pyproject.toml does.
ARG PIP_EXTRA_INDEX_URL
WORKDIR /package
COPY pyproject.toml ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    print(*p['dependencies'], *p['optional-dependencies']['web'], sep='\n')" > requirements.txt \
    && pip install --no-cache-dir --requirement requirements.txt

COPY README.md LICENSE ./
COPY data_collection data_collection
COPY duck_and_cover duck_and_cover
RUN pip install --no-cache-dir --no-deps .

USER user
# Models of the Hub are kept under /home/user/.cache: mount a volume there to fetch them only once.
# DUCK_HOST is where `serve` listens; callers come from outside the container.
ENV HOME=/home/user \
    HF_HOME=/home/user/.cache/huggingface \
    DUCK_HOST=0.0.0.0
RUN mkdir --parents "$HF_HOME"
WORKDIR /home/user

EXPOSE 7860
HEALTHCHECK --start-period=60s --timeout=10s CMD ["python", "-c", \
    "from urllib.request import ProxyHandler, build_opener; \
    build_opener(ProxyHandler({})).open('http://127.0.0.1:7860/healthz', timeout=5)"]
ENTRYPOINT ["duck-and-cover"]
CMD ["serve"]
