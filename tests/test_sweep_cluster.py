"""A sweep on a Dask cluster: the table of one process, also where a worker is killed."""

import os
import signal

import numpy as np
import pytest

import simulator
from simulator.run.sweep.cluster import _check_versions, versions
from tests.test_compare import TEXT
from tests.test_sweep import same

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
# Dask leaves sockets and loops to the end of the process.
pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLED = TEXT.replace("wait: 10ed", "wait: {samples: waits.csv#days, unit: ed}")
VARY = {"risks.late.chance": "0.1:0.9:0.1", "p.x.cost_rate": ["700/d", "900/d"]}


@pytest.fixture(scope="module")
def cluster():
    """Two workers of one thread each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


def test_a_cluster_makes_the_same_table_though_a_worker_is_killed(cluster, tmp_path):
    """Bit for bit; files of samples go with the job, for workers that have no such folder."""
    file = tmp_path / "t.yaml"
    file.write_text(SAMPLED, encoding="utf-8")
    (tmp_path / "waits.csv").write_text("days\n3\n8\n20\n", encoding="utf-8")
    scenario = simulator.load(file)
    alone = simulator.sweep(scenario, VARY, iterations=300, processes=1)
    killed: list[int] = []

    def kill(done: int, _: int) -> None:
        if done == 3:
            (tmp_path / "waits.csv").unlink()
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    found = simulator.sweep(
        scenario, VARY, iterations=300, cluster=cluster.scheduler_address, on_progress=kill
    )
    assert killed
    same(alone.columns, found.columns)
    assert len(np.unique(found.columns["finish_p80"])) > 1


class Client:
    """A client whose workers have certain versions."""

    def __init__(self, *found):
        self.found = {f"tcp://10.0.0.{k}:1": each for k, each in enumerate(found)}

    def run(self, _):
        return self.found


def test_a_cluster_of_other_versions_is_refused():
    """Other versions might give other numbers; a cluster without workers makes none."""
    here = versions()
    _check_versions(Client(here, here))
    with pytest.raises(simulator.RunError, match=r"10.0.0.1:1 has numpy 1.0; expected"):
        _check_versions(Client(here, here | {"numpy": "1.0"}))
    with pytest.raises(simulator.RunError, match="no workers"):
        _check_versions(Client())


def test_an_address_without_a_cluster_is_told(monkeypatch):
    """With what an address looks like."""
    from simulator.run.sweep import cluster as there

    monkeypatch.setattr(there, "_PATIENCE", "1s")
    with pytest.raises(simulator.RunError, match="no Dask cluster answers"):
        simulator.sweep(simulator.loads(TEXT), VARY, iterations=50, cluster="tcp://127.0.0.1:1")
