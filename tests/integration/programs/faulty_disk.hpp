#ifndef T3API_TESTS_INTEGRATION_PROGRAMS_FAULTY_DISK_HPP
#define T3API_TESTS_INTEGRATION_PROGRAMS_FAULTY_DISK_HPP

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace t3api::test {

/// A layer below SQLite, for a process with one thread, that counts what SQLite writes, syncs, cuts and
/// deletes, and at one of these makes trouble.
class faulty_disk {
 public:
  enum class trouble {
    none,
    kill,   ///< The process is killed just before.
    tear,   ///< The process is killed when half of this write is done; only writes count.
    power,  ///< The process is killed, and what was written since the last sync of each file is undone.
    full,   ///< This write fails for want of room; only writes count.
    fault,  ///< It fails for an error of the disk.
  };

  /// Becomes the disk of all that SQLite opens from now on.
  static void install() {
    static sqlite3_vfs layer = *sqlite3_vfs_find(nullptr);
    disk().real = sqlite3_vfs_find(nullptr);
    layer.zName = "faulty";
    layer.szOsFile = static_cast<int>(sizeof(file)) + disk().real->szOsFile;
    layer.xOpen = open;
    layer.xDelete = remove;
    sqlite3_vfs_register(&layer, 1);
  }

  static void plan(trouble what, int at) {
    disk().what = what;
    disk().at = at;
    disk().count = 0;
  }
  /// How often there could have been trouble since the last plan.
  static int count() { return disk().count; }

 private:
  struct undo {
    sqlite3_int64 offset;
    std::string bytes;
    sqlite3_int64 size;
  };

  struct file {
    sqlite3_file base;
    ino_t number;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  /// One for all connections to it. The descriptor stays open: to close it would drop the locks of SQLite.
  struct opened_file {
    int descriptor = -1;
    std::vector<undo> unsynced{};
  };

  struct state {
    sqlite3_vfs* real = nullptr;
    trouble what = trouble::none;
    int at = 0;
    int count = 0;
    std::map<ino_t, opened_file> files;
  };

  static state& disk() {
    static state only;
    return only;
  }
  static file& of(sqlite3_file* opened) { return *reinterpret_cast<file*>(opened); }
  static const sqlite3_io_methods& methods(sqlite3_file* opened) { return *of(opened).real()->pMethods; }

  [[noreturn]] static void die() {
    ::kill(::getpid(), SIGKILL);
    ::pause();
    std::abort();
  }

  /// Counts; true when it is the time for trouble that does not kill at once.
  static bool is_time(bool is_write = false) {
    const bool only_writes = disk().what == trouble::tear || disk().what == trouble::full;
    if (only_writes && !is_write) return false;
    if (++disk().count != disk().at || disk().what == trouble::none) return false;
    if (disk().what == trouble::power) lose_power();
    if (disk().what == trouble::kill) die();
    return true;
  }

  [[noreturn]] static void lose_power() {
    for (auto& [number, lost] : disk().files) {
      for (auto at = lost.unsynced.rbegin(); at != lost.unsynced.rend(); ++at) {
        if (::ftruncate(lost.descriptor, at->size) != 0 ||
            ::pwrite(lost.descriptor, at->bytes.data(), at->bytes.size(), at->offset) !=
                static_cast<ssize_t>(at->bytes.size())) {
          std::abort();
        }
      }
    }
    die();
  }

  /// Keeps what is there from `offset` on, and how long the file is.
  static void remember(sqlite3_file* opened, sqlite3_int64 offset, sqlite3_int64 length) {
    auto& kept = disk().files[of(opened).number];
    undo before{.offset = offset, .bytes = {}, .size = 0};
    methods(opened).xFileSize(of(opened).real(), &before.size);
    length = std::min(length, before.size - offset);
    if (length > 0) {
      before.bytes.resize(static_cast<std::size_t>(length));
      if (::pread(kept.descriptor, before.bytes.data(), before.bytes.size(), offset) != length) std::abort();
    }
    kept.unsynced.push_back(std::move(before));
  }

  static ino_t number_of(const char* path) {
    struct stat info {};
    return path != nullptr && ::stat(path, &info) == 0 ? info.st_ino : 0;
  }

  static int write(sqlite3_file* opened, const void* bytes, int size, sqlite3_int64 offset) {
    if (is_time(true)) {
      if (disk().what == trouble::tear) {
        methods(opened).xWrite(of(opened).real(), bytes, size / 2, offset);
        die();
      }
      return disk().what == trouble::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    remember(opened, offset, size);
    return methods(opened).xWrite(of(opened).real(), bytes, size, offset);
  }
  static int truncate(sqlite3_file* opened, sqlite3_int64 size) {
    if (is_time()) return SQLITE_IOERR_TRUNCATE;
    sqlite3_int64 now = 0;
    methods(opened).xFileSize(of(opened).real(), &now);
    remember(opened, size, now - size);
    return methods(opened).xTruncate(of(opened).real(), size);
  }
  static int sync(sqlite3_file* opened, int) {
    if (is_time()) return SQLITE_IOERR_FSYNC;
    disk().files[of(opened).number].unsynced.clear();
    return SQLITE_OK;  // The system keeps what was written when a process is killed.
  }
  static int remove(sqlite3_vfs*, const char* path, int) {
    if (is_time()) return SQLITE_IOERR_DELETE;
    disk().files.erase(number_of(path));
    return disk().real->xDelete(disk().real, path, 0);
  }

  static int close(sqlite3_file* opened) { return methods(opened).xClose(of(opened).real()); }

  static int open(sqlite3_vfs*, const char* path, sqlite3_file* opened, int flags, int* given) {
    std::memset(opened, 0, sizeof(file));
    const int code = disk().real->xOpen(disk().real, path, of(opened).real(), flags, given);
    if (of(opened).real()->pMethods == nullptr) return code;
    of(opened).number = number_of(path);
    auto& known = disk().files[of(opened).number];
    if (known.descriptor < 0) known.descriptor = ::open(path, O_RDWR | O_CLOEXEC);
    static sqlite3_io_methods layer = methods_over();
    opened->pMethods = &layer;
    return code;
  }

  static sqlite3_io_methods methods_over() {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close;
    m.xRead = [](sqlite3_file* f, void* into, int size, sqlite3_int64 offset) {
      return methods(f).xRead(of(f).real(), into, size, offset);
    };
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return methods(f).xFileSize(of(f).real(), size);
    };
    m.xLock = [](sqlite3_file* f, int how) { return methods(f).xLock(of(f).real(), how); };
    m.xUnlock = [](sqlite3_file* f, int how) { return methods(f).xUnlock(of(f).real(), how); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* is) {
      return methods(f).xCheckReservedLock(of(f).real(), is);
    };
    m.xFileControl = [](sqlite3_file* f, int what, void* with) {
      return methods(f).xFileControl(of(f).real(), what, with);
    };
    m.xSectorSize = [](sqlite3_file* f) { return methods(f).xSectorSize(of(f).real()); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return methods(f).xDeviceCharacteristics(of(f).real());
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** at) {
      return methods(f).xShmMap(of(f).real(), page, size, extend, at);
    };
    m.xShmLock = [](sqlite3_file* f, int at, int count, int how) {
      return methods(f).xShmLock(of(f).real(), at, count, how);
    };
    m.xShmBarrier = [](sqlite3_file* f) { methods(f).xShmBarrier(of(f).real()); };
    m.xShmUnmap = [](sqlite3_file* f, int remove_it) {
      return methods(f).xShmUnmap(of(f).real(), remove_it);
    };
    return m;
  }
};

}  // namespace t3api::test

#endif
