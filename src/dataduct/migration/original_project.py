"""The files of a project of the first Dataduct."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from dataduct.config.project import FILE_NAMES
from dataduct.definition.tree import MappingNode, ScalarNode, SequenceNode
from dataduct.definition.yaml import read_yaml
from dataduct.errors import ProblemsError, UserError
from dataduct.hooks.points import AROUND_POINTS

CONFIG_NAME = "dataduct.cfg"
_SECTIONS = ("etl", "redshift", "mysql", "ec2", "emr")
_ENDINGS = (".yaml", ".yml")
_LOOKED_AT_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class OriginalProject:
    """Where the files of a project are.

    Attributes:
        root: The project's directory.
        config: Its settings file, or None.
        pipelines: Its pipelines, by path.
        custom_steps: The files of its custom steps.
        hooks: The files of its hooks.
    """

    root: Path
    config: Path | None
    pipelines: tuple[Path, ...]
    custom_steps: tuple[Path, ...]
    hooks: tuple[Path, ...]


def find_original_project(root: Path, config: Path | None) -> OriginalProject:
    """Return the files of the project in `root`; nothing is changed and no code of it is run.

    Args:
        root: The project's directory.
        config: Its settings file; by default the `dataduct.cfg` that is nearest to `root` in or below it.

    Raises:
        UserError: There is no such directory or settings file (DD980).
    """
    if not root.is_dir():
        raise UserError(f"there is no directory `{root}`", code="DD980")
    if config is not None and not config.is_file():
        raise UserError(f"there is no settings file `{config}`", code="DD980")
    files = list(_files(root))
    config = config or _config(files)
    settings = _settings(config)
    return OriginalProject(
        root=root,
        config=config,
        pipelines=tuple(file for file in files if file.suffix in _ENDINGS and _is_pipeline(file)),
        custom_steps=tuple(dict.fromkeys(_custom_steps(root, settings))),
        hooks=tuple(_hooks(root, settings)),
    )


def _files(root: Path) -> Iterator[Path]:
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith(".") or name == ".dataduct")
        yield from (Path(directory) / name for name in sorted(files))


def _config(files: list[Path]) -> Path | None:
    named = [file for file in files if file.name == CONFIG_NAME]
    named += [
        file for file in files if file.suffix == ".cfg" and file.name != CONFIG_NAME and _holds_sections(file)
    ]
    return min(named, key=lambda file: (file.name != CONFIG_NAME, len(file.parts), str(file)), default=None)


def _holds_sections(file: Path) -> bool:
    return any(section in _settings(file).entries for section in _SECTIONS)


def _settings(config: Path | None) -> MappingNode:
    """Return the settings file as a tree; an empty one if there is none that can be read."""
    from dataduct.model.position import Position

    if config is not None:
        try:
            return read_yaml(config)[0]
        except ProblemsError:
            pass
    return MappingNode({}, Position(str(config or "")))


def _is_pipeline(file: Path) -> bool:
    """Return whether the file is a pipeline, or was meant to be one."""
    if file.name in FILE_NAMES or file.stat().st_size > _LOOKED_AT_BYTES:
        return False
    text = file.read_text(encoding="utf-8", errors="replace")
    if "step_type" in text:
        return "steps" in text
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    keys = {key.value for key, _ in document.value} if isinstance(document, yaml.MappingNode) else set()
    return {"name", "steps"} <= keys


def _custom_steps(root: Path, settings: MappingNode) -> Iterator[Path]:
    listed = settings.entries.get("custom_steps")
    directories = [root, *_path(root, settings, "CUSTOM_STEPS_PATH"), root / "steps"]
    for entry in listed.items if isinstance(listed, SequenceNode) else ():
        node = entry.entries.get("file_path") if isinstance(entry, MappingNode) else None
        if isinstance(node, ScalarNode):
            candidates = [directory / Path(node.text).expanduser() for directory in directories]
            yield next((file for file in candidates if file.is_file()), candidates[-1])


def _hooks(root: Path, settings: MappingNode) -> Iterator[Path]:
    for directory in dict.fromkeys((*_path(root, settings, "HOOKS_BASE_PATH"), root / "hooks")):
        yield from (
            directory / f"{point}.py" for point in AROUND_POINTS if (directory / f"{point}.py").is_file()
        )


def _path(root: Path, settings: MappingNode, key: str) -> Iterator[Path]:
    etl = settings.entries.get("etl")
    for name, node in etl.entries.items() if isinstance(etl, MappingNode) else ():
        if name.upper() == key and isinstance(node, ScalarNode) and node.text:
            yield root / Path(node.text).expanduser()
