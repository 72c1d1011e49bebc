"""A network whose answer is known: a pixel's class is its strongest channel, red, green or blue."""

import contextlib
import threading

import keras
import numpy as np
import pytest

from seglab import photo_page

CLASSES = ("red things", "green things", "blue things")
SIZE = (24, 32)


def load_run(_run_dir):
    """What `training.load_run` would give: logits are the channels themselves."""
    model = keras.Sequential([keras.Input((*SIZE, 3)), keras.layers.Conv2D(3, 1, use_bias=False)])
    model.set_weights([np.eye(3, dtype=np.float32).reshape(1, 1, 3, 3)])
    config = {
        "model": "U-Net",
        "data": {"spec": "folder:/home/me/street/"},
        "classes": list(CLASSES),
        "input_shape": [*SIZE, 3],
    }
    return model, config


@contextlib.contextmanager
def serving():
    """The page of this network, in a thread of its own: yields the `PhotoServer`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photo_page.training, "load_run", load_run)
        server = photo_page.PhotoServer("runs/none")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
