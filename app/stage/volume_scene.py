"""The 3D scene: one volume as a surface or a cloud, cut open at the crosshair, drawn off screen by VTK.

Importing this module loads VTK (a quarter of a second, 100 MB): do so after the window has painted first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401  (registers the mappers)
from numpy.typing import NDArray
from scipy import ndimage
from vtkmodules import vtkRenderingOpenGL2
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkObject, vtkPoints, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPiecewiseFunction, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkCellPicker,
    vtkColorTransferFunction,
    vtkLight,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
    vtkTexture,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper, vtkGPUVolumeRayCastMapper

from app.stage import slicing
from app.stage.camera import Camera
from app.stage.view_state import Clip, Point, Solid
from engine.volume import FloatArray, Volume

FINEST = 128
"""More voxels along an axis are thinned: the surface of a 256 grid would cost eight times as much and look the same."""
SURFACE_LEVEL = 0.30
"""The surface lies at this fraction of the volume's bright end (98th percentile of what is not zero)."""
VIEW_ANGLE = 26.0


class VolumeScene:
    """Everything VTK about one 3D view. Never touches a screen; ``close`` gives the graphics context back."""

    def __init__(self) -> None:
        vtkObject.GlobalWarningDisplayOff()
        self._window: Any = _off_screen_window()
        self._window.SetShowWindow(False)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._renderer: Any = vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._window.AddRenderer(self._renderer)
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(-0.5, 0.7, 1.0)
        self._renderer.AddLight(light)
        self._contour: Any = vtkFlyingEdges3D()
        self._contour.ComputeNormalsOn()
        self._contour.ComputeScalarsOff()
        self._surface: Any = vtkActor()
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(self._contour.GetOutputPort())
        self._surface.SetMapper(mapper)
        look = self._surface.GetProperty()
        look.SetColor(0.66, 0.66, 0.66)
        look.SetAmbient(0.06)
        look.SetDiffuse(0.92)
        look.SetSpecular(0.08)
        look.SetSpecularPower(12)
        self._caps = [_Cap() for _ in range(3)]
        self._cloud: Any = vtkVolume()
        self._renderer.AddActor(self._surface)
        for cap in self._caps:
            self._renderer.AddActor(cap.actor)
        self._software: bool | None = None
        self._mode: Solid = "surface"
        self._clip = Clip()
        self._fine: FloatArray | None = None

    @property
    def empty(self) -> bool:
        return self._fine is None

    def set_volume(self, volume: Volume) -> None:
        """Show ``volume``; ``cut`` and ``set_window`` act on it afterwards."""
        axes = slicing.axes_of(volume.grid)
        data = np.moveaxis(volume.data, axes.array_axis, (0, 1, 2))
        data = data[tuple(slice(None, None, 1 if step > 0 else -1) for step in axes.step)]
        self._fine = np.ascontiguousarray(data, np.float32)
        self._spacing = np.abs(axes.step)
        self._origin = np.minimum(axes.start, [axes.position(w, axes.count[w] - 1) for w in range(3)])
        present = self._fine[self._fine > 0]
        bright = float(np.percentile(present[:: max(present.size // 100_000, 1)], 98)) if present.size else 1.0
        self._level = SURFACE_LEVEL * bright
        self._bright = bright
        self._stride = max(1, -(-max(data.shape) // FINEST))
        thin = self._fine[:: self._stride, :: self._stride, :: self._stride]
        self._smoothed: FloatArray = ndimage.gaussian_filter(thin, 0.6)
        # An empty border closes the surface where the volume reaches its own edge.
        for axis in range(3):
            np.moveaxis(self._smoothed, axis, 0)[[0, -1]] = 0.0

    def cut(self, crosshair: Point, window: tuple[float, float], clip: Clip) -> None:
        """Take away what ``clip`` says; the faces laid bare show the slices."""
        if self._fine is None:
            return
        self._clip = clip
        place = np.rint((np.asarray(crosshair) - self._origin) / self._spacing).astype(int)
        corner = np.clip(place, 1, np.array(self._fine.shape) - 2)
        thin = np.maximum(corner // self._stride, 1)
        rest = self._smoothed.copy()
        sides = [_side(side, at) for side, at in zip(clip.sides, thin, strict=True)]
        used = [axis for axis in range(3) if clip.sides[axis]]
        if clip.corner and used:
            rest[tuple(sides)] = 0.0
        else:
            for axis in used:
                np.moveaxis(rest, axis, 0)[sides[axis]] = 0.0
        self._contour.SetInputData(_image(rest, self._origin, self._spacing * self._stride))
        self._contour.SetValue(0, self._level)
        for axis, cap in enumerate(self._caps):
            cap.used = bool(clip.sides[axis])
            if cap.used:
                ranges = [self._bare(other, int(corner[other])) for other in range(3)]
                cap.show(self._fine, axis, corner, ranges, self._origin, self._spacing, window, self._level)
            cap.actor.SetVisibility(cap.used)
        if self._mode == "volume":
            self._crop(self._origin + self._spacing * corner)

    def _bare(self, axis: int, at: int) -> tuple[int, int]:
        """From where to where (voxels) the face of a cut reaches along ``axis``: of a corner, over what was taken
        away; of a plane, over what other planes have left."""
        assert self._fine is not None
        count, side = self._fine.shape[axis], self._clip.sides[axis]
        if side == 0:
            return 0, count
        beyond = side > 0 if self._clip.corner else side < 0
        return (at, count) if beyond else (0, at + 1)

    def _crop(self, at: NDArray[np.float64]) -> None:
        """The same for the cloud: of three slabs along each axis the middle one is what the axis takes away."""
        assert self._fine is not None
        far = self._origin + self._spacing * np.array(self._fine.shape) + 1.0
        near = self._origin - self._spacing - 1.0
        planes: list[float] = []
        for axis, side in enumerate(self._clip.sides):
            planes += [at[axis] if side > 0 else near[axis], at[axis] if side < 0 else far[axis]]
        kept = 0
        for region in range(27):
            middle = (region % 3 == 1, region // 3 % 3 == 1, region // 9 == 1)
            taken = [inside for inside, side in zip(middle, self._clip.sides, strict=True) if side]
            lost = all(middle) and bool(taken) if self._clip.corner else any(taken)
            kept |= 0 if lost else 1 << region
        mapper = self._cloud.GetMapper()
        mapper.SetCroppingRegionPlanes(*planes)
        mapper.SetCroppingRegionFlags(kept)

    def set_mode(self, mode: Solid) -> None:
        """Show the surface, or the volume as a cloud whose opacity follows intensity."""
        self._mode = mode
        self._surface.SetVisibility(mode == "surface")
        if mode == "volume" and self._fine is not None:
            self._build_cloud()
        self._renderer.RemoveVolume(self._cloud)
        if mode == "volume":
            self._renderer.AddVolume(self._cloud)

    def _build_cloud(self) -> None:
        thin = self._smoothed
        levels = np.clip(thin * (255.0 / self._bright), 0, 255).astype(np.uint8)
        # Fixed-point casting is 3 to 8 times as fast as llvmpipe's shaders; on a real card the GPU wins.
        mapper: Any = vtkFixedPointVolumeRayCastMapper() if self.is_software else vtkGPUVolumeRayCastMapper()
        mapper.SetInputData(_image(levels, self._origin, self._spacing * self._stride))
        mapper.SetAutoAdjustSampleDistances(0)
        mapper.CroppingOn()
        grey, opacity = vtkColorTransferFunction(), vtkPiecewiseFunction()
        grey.AddRGBPoint(0, 0, 0, 0)
        grey.AddRGBPoint(255, 1, 1, 1)
        start = 255 * SURFACE_LEVEL
        for level, alpha in ((0, 0.0), (start * 0.6, 0.0), (start * 1.4, 0.25), (255, 0.85)):
            opacity.AddPoint(level, alpha)
        look: Any = vtkVolumeProperty()
        look.SetColor(grey)
        look.SetScalarOpacity(opacity)
        look.SetInterpolationTypeToLinear()
        look.SetScalarOpacityUnitDistance(float(self._spacing.mean()) * self._stride)
        look.ShadeOn()
        look.SetAmbient(0.45)
        look.SetDiffuse(0.9)
        self._cloud.SetMapper(mapper)
        self._cloud.SetProperty(look)

    def set_camera(self, camera: Camera, aspect: float) -> None:
        """``aspect``: width over height of the view."""
        if self._fine is None:
            return
        size = self._spacing * self._fine.shape
        middle = self._origin + self._spacing * (np.array(self._fine.shape) - 1) / 2
        # Two thirds of the half-diagonal: a brain leaves the corners of its box empty.
        radius = 0.335 * float(np.linalg.norm(size)) / min(aspect, 1.0)
        tangent = np.tan(np.radians(VIEW_ANGLE / 2))
        distance = radius / np.sin(np.radians(VIEW_ANGLE / 2))
        direction, up = np.asarray(camera.direction), np.asarray(camera.up)
        height = 2 * distance * tangent
        side = np.cross(up, direction)
        focus = middle - (side * camera.shift[0] + up * camera.shift[1]) * height
        eye: Any = self._renderer.GetActiveCamera()
        eye.SetViewAngle(2 * np.degrees(np.arctan(tangent / camera.zoom)))
        eye.SetFocalPoint(*focus)
        eye.SetPosition(*(focus + direction * distance))
        eye.SetViewUp(*up)
        self._renderer.ResetCameraClippingRange()

    def render(self, width: int, height: int, coarse: bool = False) -> NDArray[np.uint8]:
        """The picture, (height, width, 4) RGBA, row 0 at the top. ``coarse``: a cloud takes half the rays."""
        self._window.SetSize(width, height)
        mapper = self._cloud.GetMapper()
        if mapper is not None:
            mapper.SetImageSampleDistance(2.0 if coarse else 1.0)
        self._window.Render()
        pixels = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels)
        picture: NDArray[np.uint8] = vtk_to_numpy(pixels).reshape(height, width, 4)[::-1].copy()
        picture[..., 3] = 255
        return picture

    def picked(self, across: float, down: float) -> Point | None:
        """Where, in mm, what is drawn meets the line of sight at these shares of the picture, from its upper left.

        As of the last ``render``; None where there is nothing.
        """
        width, height = self._window.GetSize()
        picker: Any = vtkCellPicker()
        picker.SetTolerance(0.0)
        if not picker.Pick(across * width, (1.0 - down) * height, 0.0, self._renderer):
            return None
        x, y, z = picker.GetPickPosition()
        return x, y, z

    @property
    def is_software(self) -> bool:
        """Whether it is drawn by the processor, as over a remote desktop: slowly."""
        if self._software is None:
            self._window.SetSize(16, 16)
            self._window.Render()
            said = self._window.ReportCapabilities().lower()
            self._software = "llvmpipe" in said or "softpipe" in said or "swrast" in said
        return self._software

    def close(self) -> None:
        """Give the graphics context and the connection to the display back; nothing can be drawn afterwards."""
        if self._window is not None:
            self._window.Finalize()
            self._window = self._renderer = None


def _off_screen_window() -> Any:
    """EGL where VTK brings it (Linux): an X window would hold a connection of its own to the display, and Xlib ends
    the whole process when the display goes first."""
    return getattr(vtkRenderingOpenGL2, "vtkEGLRenderWindow", vtkRenderWindow)()


class _Cap:
    """One face of a cut: a part of a slice as a textured rectangle."""

    def __init__(self) -> None:
        self.used = True
        self._points: Any = vtkPoints()
        self._points.SetNumberOfPoints(4)
        cells = vtkCellArray()
        cells.InsertNextCell(4, (0, 1, 2, 3))
        self._sheet: Any = vtkPolyData()
        self._sheet.SetPoints(self._points)
        self._sheet.SetPolys(cells)
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        self._sheet.GetPointData().SetTCoords(numpy_to_vtk(corners, deep=True))
        self._texture: Any = vtkTexture()
        self._texture.InterpolateOn()
        self._texture.RepeatOff()
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._sheet)
        self.actor: Any = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.SetTexture(self._texture)
        self.actor.GetProperty().LightingOff()
        self.actor.ForceOpaqueOn()  # the rays of a cloud end at it
        outside = "//VTK::TCoord::Impl\nif (gl_FragData[0].a < 0.5) discard;\ngl_FragData[0].a = 1.0;\n"
        self.actor.GetShaderProperty().AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, outside, False)

    def show(
        self,
        data: FloatArray,
        axis: int,
        corner: NDArray[np.int_],
        ranges: list[tuple[int, int]],
        origin: NDArray[np.float64],
        spacing: NDArray[np.float64],
        window: tuple[float, float],
        level: float,
    ) -> None:
        across, up = (other for other in range(3) if other != axis)
        part = slice(*ranges[across]), slice(*ranges[up])
        whole = np.moveaxis(data, (axis, across, up), (0, 1, 2))[corner[axis]]
        # Ventricles are dark, yet no holes in the face.
        head = ndimage.binary_fill_holes(ndimage.gaussian_filter(whole, 0.5) > level)
        face, inside = (np.ascontiguousarray(of[part], np.float32) for of in (whole, head))
        if max(face.shape) <= slicing.SMOOTHED_AT_MOST:
            face, inside = slicing.smooth(face), slicing.smooth(inside)
        grey = slicing.to_grey(face, *window)
        pixels = np.empty((*grey.shape, 4), np.uint8)
        pixels[..., :3] = grey[..., None]
        pixels[..., 3] = np.where(inside > 0.5, 255, 0)
        image: Any = vtkImageData()
        image.SetDimensions(grey.shape[0], grey.shape[1], 1)
        image.GetPointData().SetScalars(numpy_to_vtk(pixels.transpose(1, 0, 2).reshape(-1, 4), deep=True))
        self._texture.SetInputData(image)
        # Texture pixels are cells: the rectangle begins half a voxel before the first one's centre.
        low = origin + spacing * (np.array([first for first, _ in ranges]) - 0.5)
        high = origin + spacing * (np.array([last for _, last in ranges]) - 0.5)
        for number, (a, b) in enumerate(((low, low), (high, low), (high, high), (low, high))):
            point = np.empty(3)
            point[axis] = origin[axis] + spacing[axis] * corner[axis]
            point[across], point[up] = a[across], b[up]
            self._points.SetPoint(number, *point)
        self._points.Modified()
        self._sheet.Modified()


def _side(side: int, at: int) -> slice:
    """What lies on that side of the index ``at`` along an axis."""
    return slice(at, None) if side > 0 else slice(None, at + 1) if side < 0 else slice(None)


def _image(data: NDArray[Any], origin: NDArray[np.float64], spacing: NDArray[np.float64]) -> Any:
    """vtkImageData of ``data`` (x, y, z); VTK runs through x fastest."""
    image: Any = vtkImageData()
    image.SetDimensions(*data.shape)
    image.SetOrigin(*origin)
    image.SetSpacing(*spacing)
    image.GetPointData().SetScalars(numpy_to_vtk(data.ravel(order="F"), deep=True))
    return image
