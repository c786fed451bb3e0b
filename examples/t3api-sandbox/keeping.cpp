#include "keeping.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <t3api/detail/ascii.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/key_ring_file.hpp>
#include <t3api/sandbox/keys/rotation.hpp>
#include <t3api/sandbox/keys/vault.hpp>

#ifdef T3API_SANDBOX_WITH_REDIS
#include <t3api/store/redis.hpp>

#include "watched_store.hpp"
#endif
#ifdef T3API_SANDBOX_WITH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>
#endif

namespace {

namespace sandbox = t3api::sandbox;

constexpr const char* ring_variable = "T3API_SANDBOX_KEYS";

/// The value of a variable, which is then gone from the environment and overwritten where it stood; empty
/// when there is none.
t3api::secret take_from_environment(const char* name) {
  char* text = std::getenv(name);
  if (text == nullptr) return {};
  t3api::secret taken{std::string_view(text)};
  t3api::detail::wipe(text, std::strlen(text));
  ::unsetenv(name);
  return taken;
}

}  // namespace

bool is_there(const std::string& path) {
  std::error_code failure;
  const bool found = std::filesystem::exists(path, failure);
  if (!failure) return found;
  throw std::runtime_error("'" + t3api::detail::printable(path, 200) + "' cannot be looked for (" +
                           failure.message() + "): check the name and the rights of the folders in it");
}

void warn(const std::string& sentence) { std::fprintf(stderr, "warning: %s\n", sentence.c_str()); }

bool read_keeping_option(arguments& given, keeping_options& into) {
  if (given.name() == "--data") {
    into.data = given.value();
  } else if (given.name() == "--kek-file") {
    into.kek_file = given.value();
  } else {
    return false;
  }
  return true;
}

void take_ring_text(keeping_options& into) {
  into.ring_text = take_from_environment(ring_variable);
  if (into.ring_text.empty() || into.kek_file.empty()) return;
  throw usage_error(std::string("there are two key rings, in --kek-file and in the environment variable ") +
                    ring_variable + ": give one only");
}

void require_ring(const keeping_options& options, const char* option) {
  if (!options.kek_file.empty() || !options.ring_text.empty()) return;
  throw usage_error(
      std::string(option) +
      " needs a key ring: make one with \"t3api-sandbox keygen FILE\" and add --kek-file FILE, or "
      "put its text into the environment variable " +
      ring_variable);
}

std::shared_ptr<sandbox::key_ring_source> open_ring(const keeping_options& options) {
  if (!options.kek_file.empty()) {
    if (!is_there(options.kek_file)) {
      const auto name = t3api::detail::printable(options.kek_file, 200);
      throw sandbox::key_ring_error("there is no key ring file '" + name +
                                    "': make one with: t3api-sandbox keygen " + name);
    }
    return sandbox::file_key_ring::open(options.kek_file, warn);
  }
  if (options.ring_text.empty()) return nullptr;
  try {
    return std::make_shared<sandbox::fixed_key_ring>(sandbox::parse_key_ring(options.ring_text.reveal()));
  } catch (const sandbox::key_ring_error& wrong) {
    throw sandbox::key_ring_error(std::string("the key ring in the environment variable ") + ring_variable +
                                  " is wrong: " + wrong.what());
  }
}

std::shared_ptr<sandbox::key_database> open_database([[maybe_unused]] const std::string& folder) {
#ifdef T3API_SANDBOX_WITH_SQLITE
  std::error_code unknown;
  if (std::filesystem::is_regular_file(folder, unknown)) {
    throw sandbox::database_error("'" + t3api::detail::printable(folder, 200) +
                                  "' after --data is a file: name a folder");
  }
  // A disk that stands still for some seconds, as under a build, is worth waiting for.
  return sandbox::sqlite_key_database::open(folder, {.patience = std::chrono::seconds(20)});
#else
  throw usage_error(
      "this t3api-sandbox was built without SQLite, so it has no --data: install libsqlite3-dev and build "
      "again");
#endif
}

std::shared_ptr<sandbox::key_database> open_existing_database(const std::string& folder) {
#ifdef T3API_SANDBOX_WITH_SQLITE
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(folder, unknown) && !is_there(folder + "/keys.sqlite3")) {
    throw sandbox::database_error("there is no key database in the folder '" +
                                  t3api::detail::printable(folder, 200) + "': check the name after --data");
  }
#endif
  return open_database(folder);
}

void require_own_ring(sandbox::key_database& database, const std::shared_ptr<sandbox::key_ring_source>& ring,
                      const std::string& folder) {
  const auto found = sandbox::check_ring(database, ring, 1);
  if (!found.is_foreign()) return;
  const auto count = found.failed.size();
  throw std::runtime_error(
      "the key ring does not open " +
      (count == 1 ? "the one secret key" : "one of the " + std::to_string(count) + " secret keys") + " in '" +
      t3api::detail::printable(folder, 200) +
      "': it is the ring of another database, so name the right one; nothing was changed");
}

void warn_of_open_folder(const std::string& folder) {
  constexpr auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const auto& [path, mode] : {std::pair{folder, "700"}, std::pair{folder + "/keys.sqlite3", "600"}}) {
    std::error_code unknown;
    const auto rights = std::filesystem::status(path, unknown).permissions();
    if (unknown || (rights & others) == std::filesystem::perms::none) continue;
    warn("others than its owner may use '" + t3api::detail::printable(path, 200) + "': run chmod " + mode +
         " on it");
    return;
  }
}

void warn_of_foreign_records(sandbox::key_database& database,
                             const std::shared_ptr<sandbox::key_ring_source>& ring) {
  const std::string unusable = " in the data folder cannot be used with this key ring: ";
  const auto keys = ring->ring();
  std::size_t lost = 0;
  std::string lost_key, after;
  for (;;) {
    const auto batch = database.not_under(keys->current().id, after, 1000);
    if (batch.empty()) break;
    after = batch.back().id;
    for (const auto& record : batch) {
      if (keys->find(record.credentials.ring_id)) continue;
      ++lost;
      lost_key = record.credentials.ring_id;
    }
  }
  if (lost > 0) {
    warn(std::to_string(lost) + (lost == 1 ? " secret key" : " secret keys") + unusable + "it has no key '" +
         t3api::detail::printable(lost_key, 40) +
         "'; calls with them get 500 until you add that key again or name the right ring");
    return;
  }
  // Another ring may have keys of the same names. Nothing is under the empty name, so this is the first of
  // all.
  for (const auto& record : database.not_under("", "", 1)) {
    try {
      sandbox::vault(ring).check_record(record);
    } catch (const sandbox::vault_error&) {
      warn(
          "the first secret key" + unusable +
          "it is the ring of another database, or the record was changed; calls with such keys get 500: name "
          "the right ring");
    }
  }
}

t3api::any_store open_redis(t3api::redis_options options, const sandbox::key_ring& ring) {
#ifdef T3API_SANDBOX_WITH_REDIS
  options.password = take_from_environment("T3API_SANDBOX_REDIS_PASSWORD");
  options.key = ring.derived("values in Redis");
  options.prefix = "t3api-sandbox:";
  const auto gone = [](const t3api::error& why) {
    warn(why.message + "; until then nothing is shared, and every service logs in for itself");
  };
  const auto back = [] { warn("Redis is back: sessions are shared again"); };
  t3api::any_store store = watched_store(t3api::redis_store(options), {.gone = gone, .back = back});
  static_cast<void>(store.get("is anybody there"));
  return store;
#else
  static_cast<void>(options), static_cast<void>(ring);
  throw usage_error(
      "this t3api-sandbox was built without hiredis, so it has no --redis: install libhiredis-dev and build "
      "again");
#endif
}
