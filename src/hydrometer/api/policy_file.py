"""A policy, as a notebook holds it: read, checked, tested, and tried on past traffic."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hydrometer.api.arguments import resolve_path, resolve_paths
from hydrometer.contract import SilentProgress
from hydrometer.enforcement.policy import check_policy, load_or_example_policy, read_example_policy, run_policy_tests

if TYPE_CHECKING:
    from hydrometer.api.arguments import PathsArgument
    from hydrometer.api.detection_result import Result
    from hydrometer.contract import Backtest, Budget, Progress, Rule
    from hydrometer.contract import Policy as PolicyRecord
    from hydrometer.enforcement.policy import PolicyProblem, PolicyTestOutcome


@dataclass(frozen=True)
class Policy:
    """What is done about requests: rules, budgets and tests, in one YAML file.

    >>> import hydrometer as hy
    >>> policy = hy.Policy.example()
    >>> policy
    Policy starting-point: mode observe, 5 rules, 2 budgets, 6 tests
    >>> all(tested.passed for tested in policy.test())
    True
    """

    record: PolicyRecord
    """The policy as it is understood."""
    text: str
    """The file."""
    path: Path | None = None
    """Where it lies; None for the example."""

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy file.

        Raises:
            InputError: the file cannot be read, or the policy cannot be used: the first problem, and how many more.
        """
        file = Path(path)
        return cls(load_or_example_policy(file), file.read_text("utf-8"), file)

    @classmethod
    def example(cls) -> Policy:
        """Return a policy that is good to begin with; its `text` has comments."""
        return cls(load_or_example_policy(None), read_example_policy())

    @staticmethod
    def check(path: str | Path) -> list[PolicyProblem]:
        """Return everything that is wrong or worth knowing in a policy file, by line; notes do not keep it from use.

        Raises:
            InputError: the file cannot be read.
        """
        return check_policy(Path(path), datetime.now(UTC))[1]

    @property
    def name(self) -> str:
        """The name that the policy gives itself."""
        return self.record.name

    @property
    def mode(self) -> str:
        """`observe`, `shadow` or `enforce`."""
        return self.record.mode

    @property
    def rules(self) -> list[Rule]:
        """The rules, in the order of the file."""
        return self.record.rules

    @property
    def budgets(self) -> list[Budget]:
        """The budgets, in the order of the file."""
        return self.record.budgets

    def test(self) -> list[PolicyTestOutcome]:
        """Run the tests that the policy carries, by the rulebook that the guard goes by."""
        with ExitStack() as closing:
            return run_policy_tests(self._locate(closing), datetime.now(UTC))

    def backtest(
        self,
        result: Result | str | Path,
        traffic: str | Path,
        *,
        truth: str | Path | None = None,
        also: PathsArgument = (),
        known_from: datetime | None = None,
        upheld: bool = False,
        site_key: str | Path | None = None,
        source: str | None = None,
        mapping: str | Path | None = None,
        out: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Backtest:
        """Replay past traffic under the policy, by what a result knew of it.

        Args:
            truth: the labelled world that the traffic is of.
            also: results of other days, each known from the end of its traffic on.
            known_from: when the result is taken to have been known; by itself, from the end of its traffic on.
            upheld: as if a person had upheld every campaign.
            out: a folder for the page, the record and every decision.

        Raises:
            InputError: an unusable result, traffic, truth or site key.
        """
        from hydrometer.enforcement.backtest import (  # late: a policy is read without the detector
            BacktestRequest,
            run_backtest,
            write_backtest,
        )

        with ExitStack() as closing:
            request = BacktestRequest(
                policy=self._locate(closing),
                result=Path(result) if isinstance(result, str | Path) else closing.enter_context(result.locate()),
                traffic=Path(traffic),
                more_results=resolve_paths(also),
                known_from=known_from,
                truth=resolve_path(truth),
                site_key=resolve_path(site_key),
                source=source,
                mapping=resolve_path(mapping),
                as_if_upheld=upheld,
            )
            outcome = run_backtest(request, progress or SilentProgress())
        if out is not None:
            write_backtest(outcome, Path(out))
        return outcome.record

    def __repr__(self) -> str:
        """Return one line."""
        counts = f"{len(self.rules)} rules, {len(self.budgets)} budgets, {len(self.record.tests)} tests"
        return f"Policy {self.name}: mode {self.mode}, {counts}"

    def _locate(self, closing: ExitStack) -> Path:
        """Return the file of the policy; the example is written to one for as long."""
        if self.path is not None:
            return self.path
        folder = Path(closing.enter_context(TemporaryDirectory(prefix="hydrometer-")))
        file = folder / "policy.yaml"
        file.write_text(self.text, "utf-8")
        return file
