"""The monitor under Lightning, with the package itself."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from gandyn.errors import GandynError, MissingExtra
from gandyn.gans import stability_callback

REASON = "Lightning is not installed: pip install 'gandyn[lightning]'"
try:
    import lightning.pytorch as pl
except ModuleNotFoundError:
    pl = None
needs_lightning = pytest.mark.skipif(pl is None, reason=REASON)
noisy = pytest.mark.filterwarnings("ignore")


def test_without_lightning_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.setitem(sys.modules, "lightning.pytorch", None)
    with pytest.raises(MissingExtra, match=r"gandyn\[lightning\]"):
        stability_callback()


def module():
    class Pair(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.g, self.d = nn.Linear(1, 2), nn.Linear(2, 1)

        def training_step(self, batch):
            g_opt, d_opt = self.optimizers()
            (real,) = batch
            fake = self.g(torch.randn(len(real), 1))
            d_loss = self.d(fake.detach()).mean() - self.d(real).mean()
            d_opt.zero_grad()
            self.manual_backward(d_loss)
            d_opt.step()
            g_loss = -self.d(fake).mean()
            g_opt.zero_grad()
            self.manual_backward(g_loss)
            g_opt.step()
            self.log_dict({"g_loss": g_loss, "d_loss": d_loss})

        def configure_optimizers(self):
            parts = self.g, self.d
            return [torch.optim.Adam(p.parameters(), 1e-3) for p in parts]

    return Pair()


def fit(tmp_path, callback, logger=False):
    data = torch.utils.data.TensorDataset(torch.randn(320, 2))
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    trainer = pl.Trainer(
        max_epochs=1, logger=logger, accelerator="cpu", enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path, callbacks=[callback],
    )  # fmt: skip
    trainer.fit(module(), loader)


@needs_lightning
@noisy
def test_losses_updates_and_metric_are_seen(tmp_path):
    callback = stability_callback(
        losses={"G": "g_loss", "D": "d_loss"}, metric=lambda m: float(m.g.bias.norm())
    )
    logger = pl.loggers.CSVLogger(tmp_path)
    fit(tmp_path, callback, logger)
    monitor = callback.monitor
    assert monitor.steps == 40
    wanted = {f"{p}/{s}" for p in "GD" for s in ("loss", "spread", "cosine")}
    assert wanted | {"metric", "step"} <= set(monitor.latest)
    written = next(tmp_path.rglob("metrics.csv")).read_text("utf-8")
    assert "stability/G/cosine" in written


@needs_lightning
@noisy
def test_another_number_of_optimizers_is_refused(tmp_path):
    with pytest.raises(GandynError, match="the module has 2 optimizers"):
        fit(tmp_path, stability_callback(players=("GAN",)))
