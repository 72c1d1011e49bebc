"""No file or text of a student's may run code in the judge: what loads code is refused, whatever a test asks for."""

import sys

# What does the work, not what tests call: every alias of a library ends in one of these.
LOADERS = {
    "keras.src.saving.saving_api": ("load_model",),
    "keras.src.saving.saving_lib": ("load_model", "_load_model_from_fileobj", "_load_model_from_dir"),
    "keras.src.saving.serialization_lib": ("enable_unsafe_deserialization",),
    "keras.src.legacy.saving.legacy_h5_format": ("load_model_from_hdf5",),
    "keras.src.legacy.saving.saving_utils": ("model_from_config",),
    "keras.src.models.model": ("model_from_json",),
    "keras.src.utils.python_utils": ("func_load",),
    "tensorflow.python.saved_model.load": ("load", "load_partial"),
    "tensorflow.python.saved_model.loader_impl": ("load",),
    "torch.jit._serialization": ("load",),
}
IMPORT_SYSTEM = ("<frozen importlib._bootstrap_external>", "<frozen zipimport>")


def watch():
    """Refuse, for good, to unpickle anything that names code, and to read byte code other than a module's."""
    sys.addaudithook(_refuse_code)


def close_loaders():
    """Refuse the model files of the libraries that are loaded so far.

    The code of the functions is replaced rather than their names, so that no alias of them is left out.
    """
    for module, names in LOADERS.items():
        for name in names:
            function = getattr(sys.modules.get(module), name, None)
            while function is not None:
                inner = getattr(function, "__wrapped__", None)
                if hasattr(function, "__code__") and not function.__code__.co_freevars:
                    function.__code__ = _refuse.__code__
                else:
                    setattr(sys.modules[module], name, _refuse)
                function = inner


def _refuse(*_, **__):
    raise RuntimeError("the judge loads no model: it can hold code; load it inside a probe")


def _refuse_code(event, arguments):
    if event == "pickle.find_class":
        raise RuntimeError("the judge loads no pickle: it runs code; load it inside a probe")
    if event in ("marshal.load", "marshal.loads") and sys._getframe(1).f_code.co_filename not in IMPORT_SYSTEM:
        raise RuntimeError("the judge loads no byte code; load it inside a probe")
