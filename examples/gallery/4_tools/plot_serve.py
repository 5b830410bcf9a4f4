"""
Save a model and serve it
=========================

A saved model is one file of arrays and JSON; loading it runs no code. Fifteen lines of FastAPI make a service of it.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel

from aurita import AuritaError, ReservoirForecaster, load

path = Path(tempfile.mkdtemp(), "wave.aurita")
wave = np.sin(np.arange(400) / 5) + 0.5 * np.sin(np.arange(400) / 13)
ReservoirForecaster(units=10, horizon=30).fit(wave[:300]).save(path)
print(f"{path.stat().st_size / 1024:.0f} KiB")

# %%
# The service: each request brings the values since the fit and the number of steps to forecast. What is wrong with a
# request is one message that the client can read.


class Asked(BaseModel):
    values: list[float]
    steps: int = 30


app = FastAPI()


@app.post("/forecast")
def forecast(asked: Asked) -> dict[str, list[float]]:
    model = load(path)
    try:
        predicted = model.update(np.array(asked.values)).predict(asked.steps)
    except AuritaError as error:
        raise HTTPException(422, str(error)) from None
    return {"mean": predicted.mean.tolist(), "lower": predicted.lower.tolist(), "upper": predicted.upper.tolist()}


# %%
# In production: ``uvicorn service:app``. Here a test client asks it.

client = TestClient(app)
answer = client.post("/forecast", json={"values": wave[300:350].tolist(), "steps": 40}).json()
wrong = client.post("/forecast", json={"values": [1.0], "steps": 0})
print(wrong.status_code, wrong.json()["detail"])

figure, axes = plt.subplots(figsize=(8, 2.6))
axes.plot(np.arange(300, 400), wave[300:], color="0.3")
axes.plot(np.arange(350, 390), answer["mean"])
axes.fill_between(np.arange(350, 390), answer["lower"], answer["upper"], alpha=0.2)
figure.tight_layout()
