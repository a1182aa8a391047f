#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real things for the quickstart: demo-data.py DIR

DIR/iris/      the iris measurements that scikit-learn ships, as CSV
DIR/bad-iris/  the same with one impossible row
DIR/model/     a small network trained on them by PyTorch, with its configuration
DIR/evil/      the same model whose pickle runs a command when loaded (harmless: it prints a word)
"""
import csv, io, json, os, pickle, sys, zipfile

import numpy
import torch
from sklearn.datasets import load_iris

out = sys.argv[1]
iris = load_iris()
columns = [n.replace(" (cm)", "").replace(" ", "_") for n in iris.feature_names] + ["species"]


def table(path, extra=()):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(columns)
        for x, y in zip(iris.data, iris.target):
            w.writerow([*x, iris.target_names[y]])
        w.writerows(extra)


table(f"{out}/iris/iris.csv")
table(f"{out}/bad-iris/iris.csv", [[5.1, 3.5, 1.4, 900000000.0, "setosa"]])

torch.manual_seed(7)
net = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
x = torch.from_numpy(iris.data.astype(numpy.float32))
y = torch.from_numpy(iris.target)
adam = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(200):
    adam.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    adam.step()
accuracy = (net(x).argmax(1) == y).float().mean().item()
os.makedirs(f"{out}/model", exist_ok=True)
torch.save(net.state_dict(), f"{out}/model/model.pt")
with open(f"{out}/model/config.json", "w") as f:
    json.dump({"architecture": "mlp", "layers": [4, 16, 3], "classes": list(iris.target_names)}, f, indent=1)
with open(f"{out}/model/README.md", "w") as f:
    f.write(f"# Iris classifier\n\nTrained on datasets/iris@v1. Accuracy on the training set: {accuracy:.3f}\n")
print(f"accuracy={accuracy:.3f}")


class Evil:
    def __reduce__(self):
        return os.system, ("echo this ran while the model was loaded",)


os.makedirs(f"{out}/evil", exist_ok=True)
data = io.BytesIO()
with zipfile.ZipFile(f"{out}/model/model.pt") as good, zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as bad:
    for info in good.infolist():
        member = good.read(info)
        if info.filename.endswith("/data.pkl"):
            member = pickle.dumps({"weights": Evil()}, protocol=2)
        bad.writestr(info.filename, member)
with open(f"{out}/evil/model.pt", "wb") as f:
    f.write(data.getvalue())
