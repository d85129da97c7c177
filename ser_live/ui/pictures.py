"""The plots as a picture, PNG or SVG."""

from __future__ import annotations

import re
from pathlib import Path

from pyqtgraph.exporters import ImageExporter
from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator

from ser_live.ui.plots import Plots

_WIDTH = 2400  # pixels: legible on paper


def save_picture(plots: Plots, path: Path) -> None:
    """Draw the plots as they stand into a file, SVG by its suffix, else PNG.

    Raises:
        OSError: it cannot be written.
    """
    data = svg_of(plots) if path.suffix.lower() == ".svg" else png_of(plots)
    path.write_bytes(data)


def png_of(plots: Plots) -> bytes:
    """A PNG file, 2400 pixels wide."""
    exporter = ImageExporter(plots.ci)
    exporter.parameters()["width"] = _WIDTH
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    exporter.export(toBytes=True).save(buffer, "PNG")
    return bytes(buffer.data().data())


def svg_of(plots: Plots) -> bytes:
    """An SVG file."""
    # Qt's generator, because pyqtgraph 0.14's exporter stumbles over the closed paths that Qt
    # writes (github.com/pyqtgraph/pyqtgraph/issues/3485).  Only SVG 1.1 keeps what lies outside
    # of a plot out of sight.
    buffer = QBuffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setTitle("SER Live")
    generator.setResolution(plots.logicalDpiX())  # or the axes have another scale
    area = plots.ci.sceneBoundingRect()
    page = QRectF(0, 0, area.width(), area.height())
    generator.setSize(page.size().toSize())
    generator.setViewBox(page)
    painter = QPainter(generator)
    painter.fillRect(page, plots.backgroundBrush())
    plots.scene().prepareForPaint()
    plots.scene().render(painter, page, area)
    painter.end()
    # Elsewhere there may be no font of that name; browsers would then take one with serifs.
    text = bytes(buffer.data().data()).decode()
    return re.sub(r'font-family="([^"]+)"', r'font-family="\1, sans-serif"', text).encode()
