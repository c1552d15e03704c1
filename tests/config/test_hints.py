"""What users of other programs type, and what they are told."""

import tracemalloc

import pytest

from adamcli.config.load import load_config, parse_config
from adamcli.diagnostics import ConfigError
from adamcli.errors import ExitCode, FileError
from adamcli.objective.functions import ARITY
from adamcli.objective.hints import FUNCTIONS

HEAD = "objective: (x - 1)**2\nbounds: {x: [0, 4]}\n"


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("ln(x)", "write log(x), which is the natural logarithm"),
        ("np.sin(x)", "write sin(...)"),
        ("math.asin(x)", "write arcsin(...)"),
        ("np.sinn(x)", "did you mean `sin`?"),
        ("pow(x, 2)", "write x**y"),
        ("power(x, 2)", "write x**y"),
        ("(x + 1)(x - 1)", "a product needs its sign"),
    ],
)
def test_functions_of_other_languages(formula, hint) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"objective: {formula}\nbounds: {{x: [0, 1]}}\n")
    assert hint in str(error.value)


def test_what_stands_elsewhere_is_no_function_here() -> None:
    assert not FUNCTIONS.keys() & ARITY.keys()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("lr: 0.3", "write alpha: 0.3"),
        ("learningRate: 0.1/sqrt(t)", "write alpha: 0.1/sqrt(t)"),
        ("lr: {x: 0.3}", "write alpha: {x: 0.3}"),
        ("maxiter: 5", "write n_iter: 5"),
        ("num_steps: 1e4", "write n_iter: 1e4"),
        ("N-Iter: 7", "write n_iter: 7"),
        ("ALPHA: 3", "write alpha: 3"),
        ("tol: 1e-6", "write stop: predicted_decrease < 1e-6"),
        ("patience: 20", "write stop: {patience: 20}"),
        ("x0: [1]", "write start: [1]"),
        ("x0: 1.5", "write start: {x: 1.5}"),
        ("batch_size: 3", "write batches: {rows: [X, y], size: 3}"),
        ("optimizer: SGD", "write method: sgd"),
        ("momentum: 0.7", "write method: momentum and beta1: 0.7"),
        ("betas: [0.8, 0.99]", "write beta1: 0.8 and beta2: 0.99"),
        ("wd: 0.1", "write weight_decay: 0.1"),
        ("random_seed: 3", "write seed: 3"),
        ("maximize: true", "write direction: maximize"),
        ("maximize: false", "write direction: minimize"),
        ("jac: 3-point", "write gradient: 3-point"),
        # What cannot be taken over is an example.
        ("optimizer: lion", "write method: adam"),
        ("jac: true", "write gradient: 2-point"),
        ("tol:", "write stop: predicted_decrease < 1e-8"),
        ("params: [1, 2]", "write constants: {k: 2}"),
        (f"lr: {'1' * 70}", "write alpha: 0.01"),
        ("alpha: 0,01", "write 0.01"),
        ("alpha: 1,5e-3", "write 1.5e-3"),
    ],
)
def test_keys_and_numbers_of_other_programs(line, hint) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"{HEAD}{line}\n")
    assert hint in str(error.value)


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        ("[-pi, pi]", -3.141592653589793, 3.141592653589793),
        ("[0, inf]", 0.0, float("inf")),
        ("[1/3, 2*pi/4]", 1 / 3, 2 * 3.141592653589793 / 4),
        ("[-inf, e]", -float("inf"), 2.718281828459045),
        ("{low: sqrt(2), high: 2**4}", 2**0.5, 16.0),
    ],
)
def test_a_number_may_be_a_formula_of_numbers(bounds, low, high) -> None:
    config = parse_config(f"objective: (x - 1)**2\nbounds: {{x: {bounds}}}\nstart: {{x: 3/2}}\n")
    assert (config.bounds.low[0], config.bounds.high[0]) == (low, high)
    assert config.start[0] == 1.5


@pytest.mark.parametrize("text", ["x", "foo", "1/0", "0/0", "inf", "2*", "pi pi", "'pi'", "a.b"])
def test_what_is_no_number_stays_none(text) -> None:
    with pytest.raises(ConfigError, match="start"):
        parse_config(f"{HEAD}start: {{x: {text}}}\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("n_iter: 10*10", ("n_iter", 100)),
        ("n_iter: 10**3 - 1", ("n_iter", 999)),
        ("seed: 2**3", ("seed", 8)),
        ("seed: sqrt(49)", ("seed", 7)),
    ],
)
def test_a_whole_number_may_be_a_formula_of_numbers(line, found) -> None:
    key, number = found
    assert parse_config(f"{HEAD}{line}\n").resolved()[key] == number


def test_all_whole_numbers_may_be_formulas(cli) -> None:
    shape = "bounds: {x: {low: 0, high: 1, shape: [1+1, 2**2]}}\nstop: {patience: 2*5}\n"
    assert parse_config(f"objective: sum(x)\n{shape}").variables.all[0].shape == (2, 4)
    assert parse_config("objective: sum(x)\nbounds: [0, 1]\ndim: 2*3\n").variables.dim == 6
    sweep = ["sweep", "-e", "x**2", "-b", "x=-1,1", "--format", "csv", "-p"]
    ours, theirs = (
        [row.split(",")[2:] for row in cli(*sweep, axis).stdout.splitlines()[1:]]
        for axis in ("n_iter=2*5,3", "n_iter=10,3")
    )
    assert ours == theirs
    assert len(ours) == 2


@pytest.mark.parametrize("text", ["1/3", "0/0", "inf", "-2**3", "2**400", "10**13", "1,2", "1_000"])
def test_whole_numbers_stay_whole_and_within_their_range(text) -> None:
    with pytest.raises(ConfigError, match="n_iter: expected a whole number from 0 to"):
        parse_config(f"{HEAD}n_iter: {text}\n")


@pytest.mark.parametrize(
    "line",
    [
        "constants: {a: 1/0}",
        "constants: {a: 1e999}",
        "constants: {a: [1, 10**400]}",
        f"constants: {{a: {'9' * 390}}}",
        "bounds: {x: [0, 1/0]}",
        "bounds: {x: [0, 1e999]}",
        "bounds: {x: {low: 0, high: exp(1000), draw: [0, 1]}}",
    ],
)
def test_what_is_too_large_is_infinite_only_if_it_says_so(line) -> None:
    text = f"objective: x**2\n{line}\nstart: {{x: 1}}\n"
    text += "" if line.startswith("bounds") else "bounds: {x: [0, 4]}\n"
    with pytest.raises(ConfigError, match="expected a number that a float can hold, found"):
        parse_config(text)


@pytest.mark.parametrize("text", ["inf", ".inf", "+.inf", "2*inf", "-(-inf)"])
def test_infinity_is_a_number_where_it_is_written(text) -> None:
    config = parse_config(f"objective: x\nbounds: {{x: [0, {text}]}}\nstart: {{x: 1}}\n")
    assert config.bounds.high[0] == float("inf")


def test_one_number_as_the_start_is_told_its_variable(cli) -> None:
    with pytest.raises(ConfigError, match=r"write start: \{x: 2\*pi\}"):
        parse_config(f"{HEAD}start: 2*pi\n")
    ended = cli("run", "-e", "x**2", "-b", "x=-1,1", "--set", "start=0.5")
    assert ended.stderr.endswith("\n  write start.x=0.5\n")


def test_constants_may_be_formulas() -> None:
    config = parse_config(
        "objective: (x - a)**2\nbounds: {x: [0, 9]}\nconstants: {a: 2*pi}\nalpha: 1\nn_iter: 2000\n"
    )
    from adamcli.experiment import run_config

    assert run_config(config).best.x[0] == pytest.approx(6.283185307179586, abs=1e-6)


def test_quotes_that_do_not_close_are_shown_where_they_open() -> None:
    with pytest.raises(ConfigError, match=r":1:12: this text has no closing quote"):
        parse_config('objective: "(x-1)**2\nbounds: {x: [0,1]}\nalpha: 0.01\n')


def test_a_missing_file_hides_its_consequences() -> None:
    with pytest.raises(ConfigError) as error:
        parse_config("objective: sum((y - a*t)**2)\nbounds: {a: [0, 1]}\ndata: missing.csv\n")
    assert "missing.csv: No such file" in str(error.value)
    assert "unknown name" not in str(error.value)


def test_unknown_names_list_the_data() -> None:
    text = "objective: sum((zz - a*t)**2)\nbounds: {a: [0, 1]}\ndata: {t: [1, 2], yy: [1, 2]}\n"
    with pytest.raises(ConfigError, match="data: t, yy"):
        parse_config(text)


def test_what_stands_elsewhere_is_written_as_set_takes_it(cli) -> None:
    written = ["lr=3", "tol=1e-6", "learning-rate=0.2"]
    keys = ["alpha=3", "stop=predicted_decrease < 1e-6", "alpha=0.2"]
    for text, key in zip(written, keys, strict=True):
        shown = cli("run", "configs/article.yaml", "--set", text).stderr
        assert shown.endswith(f"\n  write {key}\n")


@pytest.mark.parametrize(
    ("option", "text", "hint"),
    [
        ("-p", "lr=0.1,0.2", "write alpha=0.1,0.2"),
        ("-p", "learning_rate.x=log(1e-3,1,4)", "write alpha.x=log(1e-3,1,4)"),
        ("-p", "Optimizer=sgd,adam", "write method=sgd,adam"),
        ("-p", "momentum=0.5,0.9", "write method=momentum and beta1=0.5,0.9"),
        ("-p", "SEED=0..9", "write seed=0..9"),
        ("--set", "sweep.lr=[0.1, 0.2]", "write alpha: [0.1, 0.2]"),
        ("--plan", "plan.csv", "write alpha"),
    ],
)
def test_axes_of_other_programs(cli, tmp_path, monkeypatch, option, text, hint) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.csv").write_text("lr\n1\n2\n")
    ended = cli("sweep", "-e", "x**2", "-b", "x=-1,1", option, text)
    assert (ended.stderr.splitlines()[-1], ended.code) == (f"  {hint}", 2)


def test_what_a_hint_says_can_be_written(cli) -> None:
    from adamcli.config.elsewhere import _MEANINGS, meant_by

    for names in _MEANINGS:
        written = [f"--set={key}={text}" for key, text in meant_by(names[0]).items()]
        done = cli("run", "-e", "x**2", "-b", "x=-1,1", *written, "--format", "none")
        # Only these need data.
        assert done.code == (2 if names[0] in ("num_epochs", "batch_size") else 0), done.stderr


def test_an_argument_that_is_a_setting(cli) -> None:
    _, shown, code = cli("run", "configs/article.yaml", "alpha=3")
    assert "write --set alpha=3" in shown
    assert code == 2


def test_more_axes_than_numpy_has_are_refused() -> None:
    axes = ", ".join(["1"] * 70)
    with pytest.raises(ConfigError, match="expected at most 30 axes, found 70"):
        parse_config(f"objective: sum(x)\nbounds: {{x: {{low: 0, high: 1, shape: [{axes}]}}}}\n")
    axes = ", ".join(["1"] * 30)
    with pytest.raises(ConfigError, match="at most 30 axes, found 31"):
        parse_config(
            f"objective: sum(x[None])\nbounds: {{x: {{low: 0, high: 1, shape: [{axes}]}}}}\n"
        )


def test_links_that_lead_back_to_themselves(tmp_path) -> None:
    for name in ("c.yaml", "f.py", "d.csv"):
        (tmp_path / name).symlink_to(tmp_path / name)
    with pytest.raises(FileError, match="cannot be read"):
        load_config(str(tmp_path / "c.yaml"))
    with pytest.raises(ConfigError, match=r"f.py: cannot be read: "):
        parse_config('objective: {python: "f.py:f"}\nbounds: {x: [0, 1]}\n', folder=tmp_path)
    with pytest.raises(ConfigError, match=r"data: d.csv: "):
        parse_config(f"{HEAD}data: d.csv\n", folder=tmp_path)


@pytest.mark.skipif("not __import__('pathlib').Path('/dev/zero').exists()")
def test_devices_are_not_read_to_their_end(tmp_path) -> None:
    (tmp_path / "z.csv").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="is no file, but a device"):
        parse_config(f"{HEAD}data: z.csv\n", folder=tmp_path)
    with pytest.raises(FileError, match="/dev/zero: is no file, but a device"):
        load_config("/dev/zero")


@pytest.mark.skipif("not __import__('pathlib').Path('/dev/zero').exists()")
@pytest.mark.parametrize("command", ["sweep -e x**2 -b x=-1,1 --plan", "plot", "run"])
def test_no_command_reads_a_device(cli, tmp_path, command) -> None:
    path = tmp_path / ("z.yaml" if command == "run" else "z.csv")
    path.symlink_to("/dev/zero")
    tracemalloc.start()
    ended = cli(*command.split(), str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ended.code == ExitCode.FILE
    assert "device" in ended.stderr
    assert peak < 2e7


def test_a_file_of_too_many_bytes_is_not_read(tmp_path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"# " * 3_000_000)
    with pytest.raises(FileError, match="has more than 4,000,004 bytes"):
        load_config(str(tmp_path / "c.yaml"))


def test_a_schedule_of_large_arrays_takes_little_memory() -> None:
    tracemalloc.start()
    try:
        parse_config(HEAD + "alpha: 1e-9*sum(ones(300000)*t)\n")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60 * 300_000


@pytest.mark.parametrize("text", ["0..1e9999999999999999999", "lin(0,1e9999999999999999999,3)"])
def test_numbers_beyond_any_float_in_ranges(cli, text) -> None:
    _, shown, code = cli("sweep", "configs/article.yaml", "-p", f"alpha={text}")
    assert "expected a number that a float can hold" in shown
    assert code == 2


def test_a_part_with_thousands_of_digits(cli) -> None:
    _, shown, code = cli("sweep", "configs/article.yaml", "-p", "alpha=1", "--shard", "1" * 5000)
    assert "--shard: expected a part such as 3/8" in shown
    assert len(shown) < 200
    assert code == 2


def test_a_wrong_escape_is_shown_where_it_is() -> None:
    with pytest.raises(ConfigError, match=r":1:14: .*unknown escape") as caught:
        parse_config('objective: "a\\q"\n')
    assert "single quotes" in str(caught.value)


DATA = "data: {t: [0, 1, 2], n: [3, 2, 1]}\n"


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        (
            f"model: n ~ A*exp(-t/tau)\nbounds: {{A: [0, 9]}}\n{DATA}",
            ["variables: A; data: t, n\n", "add it to bounds: tau: [LOW, HIGH]"],
        ),
        (
            f"objective: sum((n - A*exp(-t/tau[0]))**2)\nbounds: {{A: [0, 9]}}\n{DATA}",
            ["unknown name `tau`", "bounds: tau: {low: LOW, high: HIGH, shape: N}"],
        ),
        (
            "objective: x**2 + PI\nbounds: {x: [0, 1]}\n",
            ["did you mean `pi`?\n", "PI: [LOW, HIGH]"],
        ),
        (
            "objective: rate**2 + rat\nbounds: {rate: [0, 1]}\n",
            ["did you mean `rate`?\n", "rat: ["],
        ),
    ],
)
def test_a_parameter_without_bounds(text, hints) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(text)
    for hint in hints:
        assert hint in str(error.value)
    assert "`tan`" not in str(error.value)


@pytest.mark.parametrize(
    ("formula", "option"),
    [("x**2 + tau", "add -b tau=LOW,HIGH"), ("x + w[1]", "'w={low: LOW, high: HIGH, shape: N}'")],
)
def test_a_parameter_without_bounds_on_the_command_line(cli, formula, option) -> None:
    assert option in cli("run", "-e", formula, "-b", "x=0,1").stderr


@pytest.mark.parametrize(
    ("line", "name"),
    [("model: nn ~ A*t", "nn"), ("model: n ~ A*t\nsigma: err", "err"), ("model: n ~ A*inf", "inf")],
)
def test_what_can_be_no_parameter_is_not_offered_as_one(line, name) -> None:
    with pytest.raises(ConfigError, match=f"unknown name `{name}`") as error:
        parse_config(f"{line}\nbounds: {{A: [0, 9]}}\n{DATA}")
    assert "bounds" not in str(error.value).partition("\n")[2].partition("\n")[2]


@pytest.mark.parametrize("name", ["inf", "nan"])
def test_numbers_that_formulas_do_not_have(name) -> None:
    with pytest.raises(ConfigError, match="formulas have no "):
        parse_config(f"objective: where(x > 0, x, {name})\nbounds: {{x: [0, 1]}}\n")


def test_names_of_functions_are_no_hint_for_numbers() -> None:
    for name in ("tau", "sine", "cost", "exps", "mixed"):
        with pytest.raises(ConfigError) as error:
            parse_config(f"objective: x**2 + {name}\nbounds: {{x: [0, 1]}}\n")
        assert "did you mean" not in str(error.value)


@pytest.mark.parametrize(
    ("setting", "hint"),
    [("method=SGD", "did you mean `sgd`?"), ("direction=MAXIMISE", "did you mean `maximize`?")],
)
def test_a_word_in_capitals_is_known(cli, setting, hint) -> None:
    ended = cli("run", "-e", "x**2", "-b", "x=-1,1", "--set", setting)
    assert ended.stderr.splitlines()[-1] == f"  {hint}"


@pytest.mark.parametrize("setting", ["method=nothing", "bounds.x={init: nothing}"])
def test_words_are_listed_once(cli, setting) -> None:
    ended = cli("run", "-e", "x**2", "-b", "x=-1,1", "--set", setting)
    assert (ended.code, "expected one of" in ended.stderr) == (2, True)
    assert "known:" not in ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        "run -e x**2+{} -b x=-1,1",
        "run -e x**2 -b x=-1,1 --stop score<{}",
        "run -e x**2 -b x=-1,1 --expect best.score<{}",
        "run -e x**2 -b x=-1,1 --set alpha={}*t",
    ],
)
def test_a_number_of_thousands_of_digits_in_a_formula(cli, command) -> None:
    ended = cli(*command.format("1" * 5000).split())
    assert ended.code == 2
    assert "a number has 5,000 digits; the most is 4,300" in ended.stderr
    assert "sys." not in ended.stderr


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("0..inf", "expected a number, found `inf`"),
        ("0..nan", "expected a number, found `nan`"),
        ("-inf..0", "expected a number, found `-inf`"),
        ("1..1e", "expected a number, found `1e`"),
        ("0..1..1..1", "expected a..b, or a..b..step"),
    ],
)
@pytest.mark.parametrize("key", ["alpha", "seed", "start.x"])
def test_a_range_that_is_none(cli, key, values, why) -> None:
    ended = cli("sweep", "-e", "x**2", "-b", "x=-1,1", "-p", f"{key}={values}")
    assert ended.code == 2
    assert f"{key}: {values}: {why}" in ended.stderr


@pytest.mark.parametrize("name", ["forrester", "rosenbrock"])
def test_only_the_constant_that_is_a_variable_too_is_told(name) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"objective: {name}\nconstants: {{a: 2, x: 1}}\n", "c.yaml")
    (problem,) = caught.value.problems
    assert str(problem.span) == "c.yaml:2:19"
    assert problem.message == "`x` is a variable and a constant"


@pytest.mark.parametrize(
    ("command", "called"),
    [
        ("sweep -e x**2 -b x=-1,1 -p seed=0,1 --store", "--store"),
        ("sweep -e x**2 -b x=-1,1 -p seed=0,1 -o", "--output"),
        ("sweep -e x**2 -b x=-1,1 --plan", "--plan"),
        ("run -e x**2 -b x=-1,1 --data", "--data"),
        ("run", "CONFIG"),
        ("plot", "SOURCE"),
        ("merge -o x.csv", "STORE"),
        ("predict c.yaml --weights", "--weights"),
    ],
)
def test_a_file_without_a_name(cli, command, called) -> None:
    ended = cli(*command.split(), "")
    assert ended.code == 2
    assert ended.stderr.endswith(f"Error: {called}: expected the name of a file, found nothing\n")
