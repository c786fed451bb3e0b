#ifndef T3API_SANDBOX_KEYS_KEY_RING_FILE_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_FILE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/native/key_file.hpp>
#include <t3api/sandbox/accounts.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace key_ring_detail {

inline constexpr std::string_view format = "t3api-sandbox-keys-1";
inline constexpr std::size_t largest_file = 65'536;

inline secret key_member(const accounts_detail::entry& in, const char* member) {
  std::string text = in.text(member, true);
  auto bytes = detail::base64url_decode(text);
  detail::wipe(text);
  if (!bytes) in.fail(member, "is not base64url: give 32 random bytes as letters, digits, '-' and '_'");
  secret key(std::move(*bytes));
  if (key.size() != key_ring::key_size) {
    in.fail(member, "has " + std::to_string(key.size()) + " bytes: give 32 random bytes as base64url");
  }
  return key;
}

inline key_ring read(const accounts_detail::entry& top) {
  if (!top.object.is_object()) throw key_ring_error("the text is not a JSON object");
  if (!top.object.contains("format")) {
    throw key_ring_error("it has no format, so it is no key ring: make one with \"t3api-sandbox keygen\"");
  }
  if (top.text("format", true) != format) top.fail("format", "must be '" + std::string(format) + "'");
  top.check_members({"format", "root", "keys"});
  key_ring ring{.root = key_member(top, "root")};
  for (const auto& e : top.list("keys")) {
    e.check_members({"id", "key"});
    ring.keys.push_back({e.text("id", true), key_member(e, "key")});
  }
  ring.check_usable();
  return ring;
}

inline key_ring_error file_error(const std::string& path, const std::string& why) {
  return key_ring_error("the key ring file '" + detail::printable(path, 200) + "' " + why);
}

/// `k3-9f02c1`: a number above those of the ring for people, and random digits, so that no two rings have the
/// same ids.
inline std::string next_id(const key_ring& ring) {
  std::uint64_t number = 0;
  for (const auto& [id, key] : ring.keys) {
    if (!id.starts_with('k')) continue;
    const auto digits = std::string_view(id).substr(1, id.find('-') - 1);
    number = (std::max)(number, detail::parse_decimal(digits).value_or(0));
  }
  return "k" + std::to_string(number + 1) + "-" + detail::hex(detail::random_bytes(3));
}

}  // namespace key_ring_detail

/// A key ring from its text, which is that of a key ring file, whether it came from a file or a variable of
/// the environment:
///
///     {"format": "t3api-sandbox-keys-1", "root": "<32 bytes as base64url>",
///      "keys": [{"id": "k1-3f9a2c", "key": "<32 bytes as base64url>"}]}
///
/// The last key is the current one. Throws `key_ring_error` with one sentence that names the member which is
/// wrong, unknown or there twice; it never shows a key.
inline key_ring parse_key_ring(std::string_view text) {
  try {
    const auto parsed = accounts_detail::parse_strictly(text);
    return key_ring_detail::read({parsed, ""});
  } catch (const std::invalid_argument& wrong) {
    throw key_ring_error(wrong.what());
  }
}

/// The text of a key ring, as `parse_key_ring` reads it, for the caller to overwrite.
inline std::string to_text(const key_ring& ring) {
  std::string text;
  text.reserve(200 + ring.keys.size() * 120);  // Growing would leave copies behind.
  const auto append = [&text](const secret& key) {
    std::string encoded = detail::base64url_encode(key.reveal());
    text += encoded;
    detail::wipe(encoded);
  };
  text.append("{\n  \"format\": \"").append(key_ring_detail::format).append("\",\n  \"root\": \"");
  append(ring.root);
  text += "\",\n  \"keys\": [";
  for (const auto& entry : ring.keys) {
    text.append(&entry == &ring.keys.front() ? "\n" : ",\n").append("    {\"id\": \"").append(entry.id);
    text += "\", \"key\": \"";
    append(entry.key);
    text += "\"}";
  }
  text += "\n  ]\n}\n";
  return text;
}

namespace key_ring_detail {

/// Runs a step with a file and names the file in what it throws.
template <class Step>
auto with_file(const std::string& path, const char* failure, const Step& step) {
  try {
    return step();
  } catch (const key_ring_error& wrong) {
    throw file_error(path, std::string("is wrong: ") + wrong.what());
  } catch (const std::runtime_error& refused) {
    throw file_error(path, failure + std::string(": ") + refused.what());
  }
}

inline key_ring read(const detail::key_file& file) {
  std::string text = file.read(largest_file);
  try {
    auto ring = parse_key_ring(text);
    detail::wipe(text);
    return ring;
  } catch (...) {
    detail::wipe(text);
    throw;
  }
}

template <class Put>
void put(const key_ring& ring, const Put& into) {
  std::string text = to_text(ring);
  try {
    into(text);
  } catch (...) {
    detail::wipe(text);
    throw;
  }
  detail::wipe(text);
}

/// Changes a ring in its file, one caller at a time.
template <class Change>
auto change(const std::string& path, const Change& apply) {
  return with_file(path, "cannot be changed", [&] {
    detail::key_file file(path, detail::key_file::purpose::change);
    auto ring = read(file);
    auto outcome = apply(ring);
    put(ring, [&](const std::string& text) { file.replace(text); });
    return outcome;
  });
}

}  // namespace key_ring_detail

/// Makes a file with a new ring, mode 0600, on the disk when this returns; gives the id of its key
/// (`k1-3f9a2c`, with random digits). Throws `key_ring_error` when something is at that path already, which
/// stays as it is, or when it cannot be made.
inline std::string write_new_key_ring(const std::string& path) {
  return key_ring_detail::with_file(path, "cannot be made", [&] {
    auto ring = make_key_ring();
    ring.keys[0].id = key_ring_detail::next_id({});
    key_ring_detail::put(ring, [&](const std::string& text) { detail::key_file::create(path, text); });
    return ring.keys[0].id;
  });
}

/// Adds a new key to the ring in a file and makes it the current one; gives its id (`k2-9f02c1`). The file
/// is replaced as a whole, with mode 0600, and on the disk when this returns. Throws `key_ring_error`, and
/// then the ring is as it was or has the new key.
inline std::string add_key(const std::string& path) {
  return key_ring_detail::change(path, [](key_ring& ring) {
    ring.keys.push_back({key_ring_detail::next_id(ring), secret(detail::random_bytes(key_ring::key_size))});
    return ring.current().id;
  });
}

/// Removes all keys but the current one from the ring in a file, as `add_key` replaces it, and tells how many
/// those were. What is still kept under them cannot be opened any more: `may`, when given, is asked while no
/// key can be added, and throws std::runtime_error when a key is still needed.
inline std::size_t prune_keys(const std::string& path, const std::function<void(const key_ring&)>& may = {}) {
  return key_ring_detail::change(path, [&](key_ring& ring) {
    if (may) may(ring);
    const std::size_t gone = ring.keys.size() - 1;
    ring.keys.erase(ring.keys.begin(), ring.keys.end() - 1);
    return gone;
  });
}

/// The ring in a file that belongs to this user and that nobody else may read, read again when the file has
/// changed. A file that has become wrong or unreadable, or has another root or another key under an id, is
/// not used: the last good ring stays. Any number of threads may share it.
class file_key_ring final : public key_ring_source {
 public:
  /// Is told, in one sentence without a key, why a changed file is not used; once for each reason.
  using warning = std::function<void(const std::string&)>;

  /// Reads the file. Throws `key_ring_error`, which names the file and what to do.
  static std::shared_ptr<file_key_ring> open(const std::string& path, warning warn = {}) {
    auto first = load(path);
    return std::shared_ptr<file_key_ring>(new file_key_ring(path, std::move(first), std::move(warn)));
  }

  std::shared_ptr<const key_ring> ring() const override {
    const std::scoped_lock lock(mutex_);
    return now_.ring;
  }

  std::shared_ptr<const key_ring> fresh_ring() override {
    std::string complaint;
    {
      const std::scoped_lock one_reader(reading_);
      try {
        read_again();
        told_.clear();
      } catch (const std::exception& wrong) {
        complaint = wrong.what();
        complaint += "; the keys that were read last stay in use";
        if (complaint == told_)
          complaint.clear();
        else
          told_ = complaint;
      }
    }
    if (!complaint.empty() && warn_) warn_(complaint);
    return ring();
  }

 private:
  struct state {
    std::shared_ptr<const key_ring> ring;
    detail::file_stamp stamp;
  };

  file_key_ring(std::string path, state first, warning warn)
      : path_(std::move(path)), warn_(std::move(warn)), now_(std::move(first)) {}

  static state load(const std::string& path, const detail::file_stamp* known = nullptr) {
    return key_ring_detail::with_file(path, "cannot be used", [&]() -> state {
      const detail::key_file file(path, detail::key_file::purpose::read);
      const auto stamp = file.stamp();
      if (known && stamp == *known) return {};
      auto ring = std::make_shared<const key_ring>(key_ring_detail::read(file));
      // A record must not outlive its key when the machine stops now.
      detail::key_file::sync_folder_of(path);
      return {.ring = std::move(ring), .stamp = stamp};
    });
  }

  void read_again() {
    auto read = load(path_, &now_.stamp);
    if (!read.ring) return;
    check_same(*now_.ring, *read.ring);
    const std::scoped_lock lock(mutex_);
    now_ = std::move(read);
  }

  void check_same(const key_ring& old, const key_ring& renewed) const {
    if (!detail::constant_time_equal(old.root.reveal(), renewed.root.reveal())) {
      throw key_ring_detail::file_error(
          path_, "has another root, with which no secret key would be known: put the old root back");
    }
    for (const auto& entry : renewed.keys) {
      const secret* before = old.find(entry.id);
      if (!before || detail::constant_time_equal(before->reveal(), entry.key.reveal())) continue;
      throw key_ring_detail::file_error(path_, "has another key under the id '" + entry.id +
                                                   "': put the old one back and add the new one "
                                                   "under an id of its own");
    }
  }

  const std::string path_;
  const warning warn_;
  std::mutex reading_;
  std::string told_;  // Under reading_.
  mutable std::mutex mutex_;
  state now_;  // Changed under both mutexes, read under either.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
