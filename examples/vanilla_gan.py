"""A GAN of perceptrons on scikit-learn's digits, in the style in which it is published.

Run as a script it trains and writes ``vanilla_gan.pt``. For ``gandyn advise`` three
lines were added, marked as such; ``losses`` holds the lines in which a loop computes
both losses.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from gandyn.gans import Training  # added, 1 of 3

latent_dim, batch_size, n_steps = 32, 64, 3000
torch.manual_seed(0)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat, 0.8))
            layers.append(nn.LeakyReLU(0.2))
            return layers

        self.model = nn.Sequential(
            *block(latent_dim, 64, normalize=False),
            *block(64, 128),
            *block(128, 128),
            nn.Linear(128, 64),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.model(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(64, 128),
            nn.LeakyReLU(0.2),
            nn.Linear(128, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 1),
            nn.Sigmoid(),
        )

    def forward(self, img):
        return self.model(img)


generator, discriminator = Generator(), Discriminator()
adversarial_loss = nn.BCELoss()
digits = torch.tensor(load_digits().data / 8 - 1, dtype=torch.float32)
dataloader = DataLoader(
    TensorDataset(digits), batch_size=batch_size, shuffle=True, drop_last=True
)
optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))


def losses(generator, discriminator, batch):
    (real_imgs,) = batch
    valid = torch.ones(real_imgs.size(0), 1)
    fake = torch.zeros(real_imgs.size(0), 1)
    z = torch.randn(real_imgs.size(0), latent_dim)
    gen_imgs = generator(z)
    g_loss = adversarial_loss(discriminator(gen_imgs), valid)
    real_loss = adversarial_loss(discriminator(real_imgs), valid)
    fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
    d_loss = (real_loss + fake_loss) / 2
    return g_loss, d_loss


def distance(generator, discriminator):
    """Return the Fréchet distance of generated digits from the real ones."""
    fake = generator(torch.randn(1000, latent_dim)).double().numpy()
    real = digits.double().numpy()
    a, b = np.cov(real.T), np.cov(fake.T)
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
    shift = ((real.mean(0) - fake.mean(0)) ** 2).sum()
    return shift + np.trace(a) + np.trace(b) - 2 * cross


# added, 2 and 3 of 3: the loop below keeps the fakes of the old generator, so both
# players see each other as they were, whoever's step() comes first
parts = (generator, discriminator, losses, dataloader, optimizer_G, optimizer_D)
training = Training(*parts, metric=distance, alternating=False)


def train():
    done = 0
    while done < n_steps:
        for batch in dataloader:
            g_loss, d_loss = losses(generator, discriminator, batch)
            optimizer_G.zero_grad()
            g_loss.backward()
            optimizer_D.zero_grad()
            d_loss.backward()
            optimizer_G.step()
            optimizer_D.step()
            done += 1


if __name__ == "__main__":
    train()
    torch.save(
        {
            "generator": generator.state_dict(),
            "discriminator": discriminator.state_dict(),
            "opt_g": optimizer_G.state_dict(),
            "opt_d": optimizer_D.state_dict(),
        },
        "vanilla_gan.pt",
    )
