# The list of commands. `make help` prints it.
LOCK ?= locks/grading.txt
VENV ?= .venv
# In no lock file. Where pip would fetch PyTorch with gigabytes of CUDA, add the index of PyTorch's CPU builds here.
BACKENDS ?= 'jax[cpu]' torch==2.13.0
# Benchmarks that train for long; each goes on where it stopped, and its results are recorded. The lessons' times come
# from `make test`.
LONG := $(addprefix benchmarks/,gpu_rate.py lessons.py instances.py models.py pets.py scale.py time_to_iou.py time_to_iou_plans.py)
# For the two sets below, the newest Python there is: of this list the first that runs.
PYTHONS ?= python3.13 $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.13.*/bin/python python3.12 python3.11 python3
# What a student's Colab has no packages for: nbgrader does not install beside Colab's own.
instructors := $(addprefix --ignore=,tests/attacks tests/authoring tests/browser tests/cli tests/grading tests/notebooks \
    tests/repair tests/test_demo.py tests/test_docs.py tests/test_doctor.py tests/test_imports.py \
    seglab/authoring seglab/cli seglab/grading)
bin := $(VENV)/bin
export PATH := $(CURDIR)/$(bin):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 3

# Two processes on two cores: with one thread each, networks train an eighth faster than with two.
test test-browser test-newest test-colab test-all: export OMP_NUM_THREADS := 1
test test-browser test-newest test-colab test-all: export TF_NUM_INTEROP_THREADS := 1
test test-browser test-newest test-colab test-all: export TF_NUM_INTRAOP_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-backends test-browser test-newest test-colab test-all lab labs publish site site-check readme lesson-minutes lint bench bench-gpu bench-instances bench-models bench-pets bench-time bench-scale prove-chance prove-faults prove-gpu lock clean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-18s %s\n", $$1, $$2 }'

setup: ## make .venv from the lock file (done by the other targets)
	@sh locks/install.sh $(LOCK) $(VENV)

demo: setup ## train FCN and U-Net on the built-in data, write the report, release and grade the lab
	@seglab demo

test: setup ## the test suite (skips what is marked slow)
	@pytest -n 2 --dist loadfile -m "not slow and not browser" --ignore tests/attacks --durations 30
	@pytest -q tests/attacks  # alone: it watches the processes of the machine
	@PYTHONPATH=tests pytest -q -n 2 --dist loadfile --nbval-lax -p lesson_clock --junitxml build/lessons.xml course

test-backends: ## the models and losses on JAX and PyTorch, in an environment of their own (1 GB of packages)
	@sh locks/install.sh locks/grading.txt .venv-backends $(BACKENDS)
	@.venv-backends/bin/python -m pytest -q -n 2 tests/backends

test-browser: setup ## the interactive demos in a real browser, JupyterLab and Voila (needs chromium)
	@pytest -n 2 --dist loadfile -m "browser and not slow" tests/browser

lessons-in-browser: setup ## every lesson in JupyterLab in a real browser, pictures in build/lessons (slow)
	@pytest -v tests/browser/test_lessons.py && cp build/lessons/seconds.json benchmarks/results/lessons_in_browser.json

test-newest: ## the test suite, every lesson and every released sheet with the newest packages (RESUME=--resume goes on)
	@PYTHON="$(PYTHONS)" sh locks/install.sh locks/newest.txt .venv-newest
	@PATH="$(CURDIR)/.venv-newest/bin:$$PATH" && pytest -n 2 --dist loadfile --ignore tests/attacks
	@.venv-newest/bin/python tests/notebooks/prove_environment.py newest $(RESUME)

test-colab: ## the same with Colab's packages, without what only instructors have
	@PYTHON="$(PYTHONS)" sh locks/install.sh locks/colab.txt .venv-colab
	@PATH="$(CURDIR)/.venv-colab/bin:$$PATH" && pytest -n 2 --dist loadfile $(instructors)
	@.venv-colab/bin/python tests/notebooks/prove_environment.py colab $(RESUME)

test-all: setup test-backends ## everything, in all three locked environments
	pytest -n 2 --dist loadfile --ignore tests/attacks && pytest -q tests/attacks && pytest -q --nbval-lax course
	$(MAKE) test-newest test-colab

lab: setup ## open the course in JupyterLab with nbgrader's extension
	@jupyter lab --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly $(if $(filter 0,$(shell id -u)),--allow-root)

labs: setup ## prove the sheets in solutions/ and generate labs/ from them
	@seglab tidy && seglab release --all

site: setup ## the static site in build/site/html; lessons run where they changed (KEPT=--kept shows older runs)
	@python -m seglab.authoring.site $(KEPT)

site-check: site ## every page of the site in a browser, with its links, weight and axe (needs chromium)
	@python tests/browser/prove_site.py

publish: setup ## write what students get to a folder, without solutions and grading: make publish DIR=../course
	@seglab publish "$(DIR)"

readme: setup ## write the README's tables: the lessons with their minutes, the networks as measured
	@python -m seglab.authoring.front_page

lesson-minutes: setup ## record how long the lessons took in the last `make test`; the README's table follows
	@python benchmarks/lessons.py

lint: setup ## ruff over the code, the notebook rules over course/, solutions/ and labs/
	@ruff check . && ruff format --check . && seglab lint

bench: setup ## the speed tables: ours and peers in one run
	@for file in $(filter-out $(LONG),$(wildcard benchmarks/*.py)); do python $$file || exit 1; done

bench-gpu: setup ## images per second on a GPU, for the lecture's network and ours (needs one; KERAS_BACKEND picks the backend)
	@python benchmarks/gpu_rate.py --record seglab/measured/gpu_rate.json

bench-instances: setup ## networks that find objects beside a U-Net with watershed, three seeds (hours)
	@python benchmarks/instances.py

bench-models: setup ## fifteen semantic networks on three real data sets, the same time to learn for each (hours)
	@python benchmarks/models.py && python benchmarks/models_ms.py && python benchmarks/models.py --table

bench-pets: setup ## the lecture's recipe for pets, and the road to a better one (half an hour)
	@python benchmarks/pets.py

bench-time: setup ## IoU against seconds of two public recipes and ours, and what each ingredient is worth (hours)
	@python benchmarks/time_to_iou.py

bench-scale: setup ## what 500 submissions cost beside 20: CPU time, memory, disk (ten minutes, as root)
	@python benchmarks/scale.py && python benchmarks/scale.py --page

prove-chance: setup ## run every random test of every sheet 60 times: no wrong answer may pass, no right one fail
	@python tests/grading/prove_chance.py

prove-faults: setup ## kill, lock out and fill the disks of gradings 30 times, and see that nothing is lost
	@python tests/grading/prove_faults.py

prove-gpu: setup ## grade with and without --gpu: answers compute on the GPU inside the sandbox, or do not see it
	@python tests/grading/prove_gpu.py --record

lock: ## resolve the three lock files again (needs uv)
	sh locks/resolve.sh

clean: ## remove everything that was generated, except labs/
	rm -rf build runs $(VENV) .venv-newest .venv-colab .venv-backends .pytest_cache .ruff_cache .hypothesis
