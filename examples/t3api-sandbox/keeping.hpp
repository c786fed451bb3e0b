#ifndef T3API_EXAMPLES_SANDBOX_KEEPING_HPP
#define T3API_EXAMPLES_SANDBOX_KEEPING_HPP

#include <memory>
#include <optional>
#include <string>

#include <t3api/core/secret.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/store/any.hpp>
#include <t3api/store/redis_options.hpp>

#include "arguments.hpp"

/// Where secret keys are kept, and what opens them.
struct keeping_options {
  std::string data{};         ///< A folder, or empty.
  std::string kek_file{};     ///< A file, or empty.
  t3api::secret ring_text{};  ///< From the environment; empty when it is not there.
};

/// Reads `--data` or `--kek-file`, when `given` stands on one; else false. Throws `usage_error`.
bool read_keeping_option(arguments& given, keeping_options& into);

/// Takes the text of a ring out of the environment, where others then find it no longer. Throws `usage_error`
/// when there is a file too.
void take_ring_text(keeping_options& into);

/// Throws `usage_error`, with what to do, when there is no ring, which `option` needs.
void require_ring(const keeping_options& options, const char* option);

/// The ring, or null when there is none. Throws std::exception with one sentence.
std::shared_ptr<t3api::sandbox::key_ring_source> open_ring(const keeping_options& options);

/// The database in a folder, made when there is none. Throws std::exception with one sentence.
std::shared_ptr<t3api::sandbox::key_database> open_database(const std::string& folder);
/// The same, but it must be there: a mistyped name must not make an empty one.
std::shared_ptr<t3api::sandbox::key_database> open_existing_database(const std::string& folder);

/// Throws std::runtime_error with one sentence when the ring opens not one record of the database, which is
/// in `folder`, and there are some.
void require_own_ring(t3api::sandbox::key_database& database,
                      const std::shared_ptr<t3api::sandbox::key_ring_source>& ring,
                      const std::string& folder);

/// Says on standard error when others than its owner may use the folder or the database in it.
void warn_of_open_folder(const std::string& folder);

/// Says on standard error when the ring does not open what is kept: it is another's, or a key was taken out.
void warn_of_foreign_records(t3api::sandbox::key_database& database,
                             const std::shared_ptr<t3api::sandbox::key_ring_source>& ring);

/// Redis, its values sealed with a key of the ring; says on standard error when it cannot be reached, now or
/// later, which costs only what it would have saved.
t3api::any_store open_redis(t3api::redis_options options, const t3api::sandbox::key_ring& ring);

/// Whether there is a file or folder of that name. Throws std::runtime_error with one sentence when the
/// system does not tell.
bool is_there(const std::string& path);

/// A line on standard error.
void warn(const std::string& sentence);

#endif
