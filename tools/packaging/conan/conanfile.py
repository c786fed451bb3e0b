"""Conan 2 recipe of the checkout that it lies in: conan create tools/packaging/conan --build=missing"""

import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class T3apiRecipe(ConanFile):
    name = "t3api"
    description = "Header-only C++20 client of the T3 API, with a local sandbox of its authentication service"
    license = "MIT"
    topics = ("t3", "metrc", "http-client", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_redis": [True, False], "with_sqlite": [True, False]}
    default_options = {
        "with_redis": False,
        "with_sqlite": False,
    }
    no_copy_source = True

    @property
    def _checkout(self):
        return Path(self.recipe_folder).parents[2]

    def set_version(self):
        header = load(self, self._checkout / "include/t3api/version.hpp")
        self.version = ".".join(re.findall(r"^#define T3API_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header, re.MULTILINE))

    def export_sources(self):
        for pattern in ("include/*.hpp", "LICENSE"):
            copy(self, pattern, self._checkout, self.export_sources_folder)

    def requirements(self):
        self.requires("cpp-httplib/[>=0.11.4 <1]")
        self.requires("nlohmann_json/[>=3.11 <4]")
        self.requires("openssl/[>=3 <4]")
        self.requires("zlib/[>=1.2.11 <2]")
        if self.options.with_redis:
            self.requires("hiredis/[>=0.14.1 <2]")
        if self.options.with_sqlite:
            self.requires("sqlite3/[>=3.37 <4]")

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "*.hpp", Path(self.source_folder) / "include", Path(self.package_folder) / "include")
        copy(self, "LICENSE", self.source_folder, Path(self.package_folder) / "licenses")

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        client = self.cpp_info.components["client"]
        client.requires = ["cpp-httplib::cpp-httplib", "nlohmann_json::nlohmann_json", "openssl::openssl", "zlib::zlib"]
        client.defines = ["T3API_WITH_ZLIB"]
        if self.settings.os in ("Linux", "FreeBSD"):
            client.system_libs = ["pthread"]
        self._part("sandbox")
        if self.options.with_redis:
            self._part("redis", "hiredis::hiredis")
        if self.options.with_sqlite:
            self._part("sqlite", "sqlite3::sqlite3")

    def _part(self, name, *libraries):
        self.cpp_info.components[name].requires = ["client", *libraries]
