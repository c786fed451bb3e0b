from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires(self.tested_reference_str)

    def generate(self):
        options = self.dependencies["t3api"].options
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.cache_variables["PARTS"] = ";".join(
            part for part in ("redis", "sqlite") if options.get_safe(f"with_{part}")
        )
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder=Path(self.source_folder).parents[1] / "program")
        cmake.build()

    def test(self):
        if can_run(self):
            self.run(Path(self.build_folder) / "program", env="conanrun")
