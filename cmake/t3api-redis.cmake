# Makes the target t3api::redis when hiredis is here; else puts into t3api_redis_missing what is to be installed. For the
# project itself and, installed beside the package, for the component `redis`.
set(t3api_redis_missing "")
set(t3api_hiredis_minimum 0.14.1)
if(TARGET t3api::redis)
  return()
endif()

# vcpkg, Conan and hiredis itself from 1.0 on make this target; Debian's package makes none.
set(t3api_hiredis hiredis::hiredis)
if(NOT TARGET hiredis::hiredis)
  find_package(hiredis CONFIG QUIET)
endif()
if(NOT TARGET hiredis::hiredis)
  set(t3api_hiredis PkgConfig::T3API_HIREDIS)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(T3API_HIREDIS QUIET IMPORTED_TARGET GLOBAL hiredis)
  endif()
  if(NOT T3API_HIREDIS_FOUND OR T3API_HIREDIS_VERSION VERSION_LESS t3api_hiredis_minimum)
    t3api_add_missing(t3api_redis_missing "hiredis >= ${t3api_hiredis_minimum}" "${T3API_HIREDIS_VERSION}"
      "the path of pkg-config" "Debian: libhiredis-dev and pkg-config")
    return()
  endif()
endif()

add_library(t3api::redis INTERFACE IMPORTED GLOBAL)
target_link_libraries(t3api::redis INTERFACE t3api::t3api ${t3api_hiredis})
