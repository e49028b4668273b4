"""Package the extension for VS Code: `python -m editors.vsix -o build`.

A `.vsix` is a zip file with a manifest. It is made from what is committed, without node and without
network access, and the same files result in the same bytes: times are fixed and names are sorted.
(Another version of zlib may compress the same files to other bytes.)
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "editors" / "vscode"

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the earliest that the format has."""
_FILE_MODE = 0o100644

_CONTENT_TYPES = {
    ".js": "application/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
}

_SCHEMA = "http://schemas.microsoft.com/developer/vsx-schema"


def read_manifest() -> dict[str, Any]:
    """Read the extension's `package.json`."""
    manifest: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    return manifest


def name_of(manifest: Mapping[str, Any]) -> str:
    """Return the name of the package's file."""
    return f"{manifest['name']}-{manifest['version']}.vsix"


def collect_files(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Read what the extension consists of: its manifest, and what that lists under `files`.

    Returns:
        The content of each file by its path in the extension.

    Raises:
        FileNotFoundError: A listed file or folder does not exist.
    """
    found = {
        "package.json": (EXTENSION / "package.json").read_bytes(),
        "LICENSE.txt": (ROOT / "LICENSE").read_bytes(),
    }
    for name in manifest["files"]:
        path = EXTENSION / name
        paths = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in paths:
            if not one.is_dir():
                found[one.relative_to(EXTENSION).as_posix()] = one.read_bytes()
    return found


def render_vsix_manifest(manifest: Mapping[str, Any]) -> str:
    """Return `extension.vsixmanifest`: what editors and marketplaces read before the extension."""
    repository = manifest["repository"]["url"]
    properties = {
        "Microsoft.VisualStudio.Code.Engine": manifest["engines"]["vscode"],
        "Microsoft.VisualStudio.Code.ExtensionDependencies": "",
        "Microsoft.VisualStudio.Code.ExtensionPack": "",
        "Microsoft.VisualStudio.Code.ExtensionKind": ",".join(manifest["extensionKind"]),
        "Microsoft.VisualStudio.Code.LocalizedLanguages": "",
        "Microsoft.VisualStudio.Code.EnabledApiProposals": "",
        "Microsoft.VisualStudio.Code.ExecutesCode": "true",
        "Microsoft.VisualStudio.Services.Links.Source": f"{repository}.git",
        "Microsoft.VisualStudio.Services.Links.Getstarted": f"{repository}.git",
        "Microsoft.VisualStudio.Services.Links.GitHub": f"{repository}.git",
        "Microsoft.VisualStudio.Services.Links.Support": manifest["bugs"]["url"],
        "Microsoft.VisualStudio.Services.Links.Learn": manifest["homepage"],
        "Microsoft.VisualStudio.Services.GitHubFlavoredMarkdown": "true",
        "Microsoft.VisualStudio.Services.Content.Pricing": "Free",
    }
    assets = {
        "Microsoft.VisualStudio.Code.Manifest": "package.json",
        "Microsoft.VisualStudio.Services.Content.Details": "README.md",
        "Microsoft.VisualStudio.Services.Content.License": "LICENSE.txt",
        "Microsoft.VisualStudio.Services.Icons.Default": manifest["icon"],
    }
    languages = manifest["contributes"]["languages"]
    tags = [
        *manifest["keywords"],
        "snippet",
        *(one["id"] for one in languages),
        *(f"__ext_{name.removeprefix('.')}" for one in languages for name in one["extensions"]),
    ]
    identity = (
        f'<Identity Language="en-US" Id={quoteattr(manifest["name"])} '
        f"Version={quoteattr(manifest['version'])} Publisher={quoteattr(manifest['publisher'])} />"
    )
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<PackageManifest Version="2.0.0" xmlns="{_SCHEMA}/2011" xmlns:d="{_SCHEMA}-design/2011">',
        "  <Metadata>",
        f"    {identity}",
        f"    <DisplayName>{escape(manifest['displayName'])}</DisplayName>",
        f'    <Description xml:space="preserve">{escape(manifest["description"])}</Description>',
        f"    <Tags>{escape(','.join(dict.fromkeys(tags)))}</Tags>",
        f"    <Categories>{escape(','.join(manifest['categories']))}</Categories>",
        "    <GalleryFlags>Public</GalleryFlags>",
        "    <Properties>",
        *(
            f"      <Property Id={quoteattr(name)} Value={quoteattr(value)} />"
            for name, value in properties.items()
        ),
        "    </Properties>",
        "    <License>extension/LICENSE.txt</License>",
        f"    <Icon>extension/{escape(manifest['icon'])}</Icon>",
        "  </Metadata>",
        '  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code" /></Installation>',
        "  <Dependencies />",
        "  <Assets>",
        *(
            f"    <Asset Type={quoteattr(kind)} Path={quoteattr(f'extension/{path}')} "
            'Addressable="true" />'
            for kind, path in assets.items()
        ),
        "  </Assets>",
        "</PackageManifest>",
    ]
    return "\n".join(lines) + "\n"


def render_content_types(names: Sequence[str]) -> str:
    """Return `[Content_Types].xml` for these paths.

    Raises:
        KeyError: A path has an ending whose type is not known.
    """
    endings = sorted({Path(name).suffix for name in names})
    types = "".join(
        f'<Default Extension="{ending}" ContentType="{_CONTENT_TYPES[ending]}" />'
        for ending in endings
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f"{types}</Types>\n"
    )


def build_vsix() -> bytes:
    """Return the package as the bytes of a zip file."""
    manifest = read_manifest()
    files = {f"extension/{name}": data for name, data in collect_files(manifest).items()}
    files["extension.vsixmanifest"] = render_vsix_manifest(manifest).encode()
    files["[Content_Types].xml"] = render_content_types(sorted(files)).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every system: it decides what the mode means
            entry.external_attr = _FILE_MODE << 16
            package.writestr(entry, files[name], compresslevel=9)
    return written.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    """Write the package into a folder and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m editors.vsix", description=__doc__)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", default=ROOT / "build", help="the folder"
    )
    folder: Path = parser.parse_args(argv).output
    data = build_vsix()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(read_manifest())
    path.write_bytes(data)
    print(f"{path}: {len(data) // 1024 + 1} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
