"""The commands from outside: exit codes, one-line errors, files."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from duck_and_cover.cli import main
from duck_and_cover.training.building import preset_path, presets
from duck_and_cover.training.fit import train


@dataclass
class Outcome:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: importing PyTorch once is enough."""

    def command(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["duck-and-cover", *words])
        capfd.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as leave:
            code = leave.code
        out, err = capfd.readouterr()
        assert isinstance(code, int)
        return Outcome(code, out, err)

    return command


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "smoke"
    configs = [
        part for name in ("progan", "smoke") for part in ("--config", str(preset_path(name)))
    ]
    train([*configs, f"--run.out={out}"])
    return out


def test_help_is_a_sentence_and_an_example(run: Run) -> None:
    for command in ("quickstart", "train", "evaluate", "generate"):
        result = run(command, "--help")
        assert result.returncode == 0
        assert "Example: duck-and-cover " + command in " ".join(result.stdout.split())


def test_help_and_package_import_nothing_heavy() -> None:
    code = (
        "import sys, duck_and_cover, duck_and_cover.cli;"
        "heavy = {'torch', 'lightning', 'datasets', 'numpy', 'wandb'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_generate_writes_named_covers_and_a_sheet(run: Run, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "covers"
    words = ["generate", str(trained), "--genre", "jazz", "--year", "1962", "--n", "3"]
    result = run(*words, "--seed", "1", "--out", str(out))
    assert result.returncode == 0, result.stderr
    names = ["jazz-1962-0001.png", "jazz-1962-0002.png", "jazz-1962-0003.png", "sheet.png"]
    assert sorted(p.name for p in out.iterdir()) == names
    with Image.open(out / names[0]) as picture:
        assert picture.size == (16, 16)
        assert picture.text["Seed"] == "1"  # type: ignore[attr-defined]
        assert picture.text["Model"] == str(trained)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["generate", "RUN", "--genre", "jaz"], 2, "did you mean jazz"),
        (["generate", "RUN", "--genre", "jazz", "--year", "1850"], 2, "out of range"),
        (["generate", "RUN", "--n", "0"], 2, "--n"),
        (["generate", "RUN", "--truncation", "2"], 2, "truncation"),
        (["generate", "missing/run/folder"], 2, "no such model"),
        (["evaluate", "RUN", "--data", "./missing"], 2, "missing"),
        (["evaluate", "RUN/generator"], 2, "--data"),
        (["train", "--config", "nothing"], 2, "progan-paper"),
        (["train", "--data", "./missing"], 2, "missing"),
        (["train", "--resolution", "48"], 2, "power of two"),
        (["train", "--no.such.field", "1"], 2, "no.such.field"),
        (["train", "--resume", "./missing"], 2, "no run there"),
        (["train", "--resume", "RUN", "--config", "progan"], 2, "--resume"),
        (["paint"], 2, "paint"),
    ],
)
def test_wrong_use_is_one_line(
    run: Run,
    words: list[str],
    code: int,
    says: str,
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*[word.replace("RUN", str(trained)) for word in words])
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.strip().count("\n") == 0, result.stderr


def test_damaged_model_is_one_line(run: Run, trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "generator"
    copy.mkdir()
    for file in (trained / "generator").iterdir():
        (copy / file.name).write_bytes(file.read_bytes()[:300])
    result = run("generate", str(copy))
    assert result.returncode == 1
    assert "damaged" in result.stderr and result.stderr.strip().count("\n") == 0


def test_dry_run_plans_and_trains_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("train", "--config", "progan", "--config", "smoke", "--dry-run")
    assert result.returncode == 0, result.stderr
    for word in ("4x4", "8x8", "16x16", "GiB", "steps"):
        assert word in result.stdout
    assert not list(tmp_path.iterdir())


def test_evaluate_prints_the_table(run: Run, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    result = run("evaluate", str(trained), "--split", "all", "--out", str(out))
    assert result.returncode == 0, result.stderr
    assert "genre_accuracy" in result.stdout and "kid_judge_64" in result.stdout
    assert result.stdout.rstrip().endswith(str(out / "index.html"))
    assert (out / "index.html").is_file() and (out / "report.json").is_file()


def test_few_covers_are_not_compared(run: Run, trained: Path, tmp_path: Path) -> None:
    result = run("evaluate", str(trained), "--out", str(tmp_path / "report"))
    assert result.returncode == 2 and not (tmp_path / "report").exists()
    assert "4 covers are too few" in result.stderr and "--split held-out or all" in result.stderr


@pytest.mark.parametrize("name", [name for name in presets() if name not in ("smoke", "titles")])
def test_every_preset_runs_under_smoke(name: str, tmp_path: Path) -> None:
    configs = [part for n in (name, "smoke") for part in ("--config", str(preset_path(n)))]
    # The paper's plan is given in kimg a phase: here they are a few images.
    run_folder = train(
        [*configs, f"--run.out={tmp_path / name}", "--growth.fade_kimg=0.02"]
        + ["--growth.stable_kimg=0.02"]
    )
    assert (run_folder.generator / "generator.safetensors").is_file()
    assert run_folder.gif.is_file() and run_folder.metrics.is_file()


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "duck_and_cover", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stdout.startswith("duck_and_cover ")


def test_unforeseen_errors_are_one_line_and_a_traceback_with_debug(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk\nis on fire")

    monkeypatch.setattr("duck_and_cover.generation.generator.find_generator", broken)
    result = run("generate", "anything")
    assert result.returncode == 1
    assert result.stderr.strip().endswith("RuntimeError: the disk is on fire")
    with pytest.raises(RuntimeError):
        run("--debug", "generate", "anything")
