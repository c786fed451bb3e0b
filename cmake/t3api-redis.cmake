# Makes the target t3api::redis when hiredis is here; else puts into t3api_redis_missing what is to be installed. For the
# project itself and, installed beside the package, for the component `redis`.
set(t3api_redis_missing "")

if(NOT TARGET t3api::redis)
  set(t3api_hiredis_minimum 0.14.1)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(T3API_HIREDIS QUIET IMPORTED_TARGET GLOBAL hiredis>=${t3api_hiredis_minimum})
  endif()
  if(TARGET PkgConfig::T3API_HIREDIS)
    add_library(t3api::redis INTERFACE IMPORTED GLOBAL)
    target_link_libraries(t3api::redis INTERFACE t3api::t3api PkgConfig::T3API_HIREDIS)
  else()
    set(t3api_redis_missing "hiredis >= ${t3api_hiredis_minimum} (Debian: libhiredis-dev and pkg-config)")
  endif()
endif()
