// What calls leave on the heap and take from it. It takes the place of operator new and delete, and so is
// left out of builds in which a sanitizer has done that.

#include <version>

#include "tests/support/sanitizers.hpp"

#if defined(__GLIBC__) && !defined(T3API_TEST_SANITIZED)

#include <doctest/doctest.h>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>

namespace {

std::atomic<bool> watching = false;
std::atomic<bool> exhausted = false;  ///< Nothing more is given.
std::atomic<int> allocations = 0;
std::atomic<int> leftovers = 0;  ///< Blocks that were given back with the canary in them.

constexpr std::string_view canary = "canary-4f1c9a27-password";

void* take(std::size_t size) {
  if (watching) ++allocations;
  if (void* memory = exhausted ? nullptr : std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

void give_back(void* memory) noexcept {
  if (memory != nullptr && watching) {
    const std::string_view block(static_cast<const char*>(memory), ::malloc_usable_size(memory));
    if (block.find(canary) != block.npos) ++leftovers;
  }
  std::free(memory);
}

/// Counts as long as it lives.
class watch {
 public:
  watch() {
    allocations = 0;
    leftovers = 0;
    watching = true;
  }
  ~watch() { watching = false; }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
};

/// Keeps no copy of what it is given, but for whether it held the canary.
struct forgetful_transport {
  std::function<t3api::outcome()> answer;
  std::shared_ptr<int> canaries_seen = std::make_shared<int>(0);
  t3api::outcome send(const t3api::request& message, const t3api::send_options&) {
    if (message.body.find(canary) != std::string::npos) ++*canaries_seen;
    return answer();
  }
};

t3api::request login(const char* path = "/v2/auth/credentials") {
  return {
      .method = t3api::method::post, .path = path, .body = "{\"password\":\"" + std::string(canary) + "\"}"};
}

template <class Auth>
using forgetful_client = t3api::client<forgetful_transport, Auth, t3api::no_retry>;

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

TEST_CASE("a result is as good as before when there is no memory to assign another") {
  using text_result = t3api::result<std::string>;
  const std::string text(100, 'x');
  for (const text_result& from : {text_result(text), text_result(t3api::error{.message = text})}) {
    for (const text_result& before : {text_result("value"), text_result(t3api::error{.message = "error"})}) {
      auto to = before;
      bool thrown = false;
      exhausted = true;
      try {
        to = from;
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      exhausted = false;
      CHECK(thrown);
      REQUIRE(to.has_value() == before.has_value());
      if (to) CHECK(*to == "value");
      if (!to) CHECK(to.error().message == "error");
    }
  }
}

TEST_CASE("the watch sees what a string leaves behind") {
  auto text = std::make_unique<std::string>(canary);
  const watch counting;
  text.reset();
  CHECK(leftovers == 1);
}

TEST_CASE("the body of a request with credentials is overwritten when the call is over, however it ends") {
  struct row {
    const char* what;
    std::function<t3api::outcome()> answer;
    bool odd = false;
  };
  for (const auto& [what, answer, odd] :
       {row{"answer", [] { return test::answer(200); }}, row{"refusal", [] { return test::answer(400); }},
        row{"cut", [] { return test::cut(); }},
        row{"exception", []() -> t3api::outcome { throw std::runtime_error("x"); }},
        row{"repeated", [] { return test::answer(400, "{\"message\":\"not ...\"}"); }},
        row{"another spelling of the path", [] { return test::answer(200); }, true}}) {
    const std::string shown = what;
    CAPTURE(shown);
    const forgetful_transport via{answer};
    const forgetful_client<t3api::no_auth> client(via, t3api::no_auth(),
                                                  test::patient_config(test::make_clock()));
    const auto* path = odd ? "/v2//%61UTH/credentials" : "/v2/auth/credentials";
    auto message = std::make_unique<t3api::request>(login(path));
    {
      const watch counting;
      try {
        (void)client.send(std::move(*message));
      } catch (const std::runtime_error&) {
      }
      message.reset();
    }
    CHECK(*via.canaries_seen == 1);
    CHECK(leftovers == 0);
  }
}

TEST_CASE("it is overwritten too when the request is refused before it is sent") {
  const forgetful_transport via{[] { return test::answer(200); }};
  const forgetful_client<t3api::no_auth> client(via, t3api::no_auth(), {.host = "http://api.example.com"});
  auto message = login();
  {
    const watch counting;
    CHECK_FALSE(client.send(std::move(message)));
  }
  CHECK(*via.canaries_seen == 0);
  CHECK(leftovers == 0);
}

TEST_CASE("it is overwritten too after an asynchronous call, also when the executor drops or refuses it") {
  const forgetful_transport via{[] { return test::answer(200); }};
  struct row {
    const char* what;
    t3api::call_executor executor;
    int sent;
  };
  for (const auto& [what, executor, sent] :
       {row{"own threads", {}, 1}, row{"inline", [](auto job) { job(); }, 1}, row{"drops", [](auto) {}, 0},
        row{"throws", [](auto) { throw std::runtime_error("full"); }, 0}}) {
    const std::string shown = what;
    CAPTURE(shown);
    *via.canaries_seen = 0;
    auto config = test::patient_config(test::make_clock());
    config.executor = executor;
    auto message = login();
    {
      const watch counting;
      const forgetful_client<t3api::no_auth> client(via, t3api::no_auth(), config);
      client.async_send(std::move(message)).wait();
    }
    CHECK(*via.canaries_seen == sent);
    CHECK(leftovers == 0);
  }
}

TEST_CASE("the exchange of credentials leaves no password behind") {
  const auto token = test::token_answer(test::jwt("a"));
  const forgetful_transport via{[&] { return token; }};
  const t3api::credentials user{
      .hostname = "ca.metrc.com", .username = "jane", .password = std::string(canary)};
  const forgetful_client<t3api::credentials_auth> client(via, t3api::credentials_auth(user),
                                                         test::patient_config(test::make_clock()));
  {
    const watch counting;
    CHECK(client.authenticate());
  }
  CHECK(*via.canaries_seen == 1);
  CHECK(leftovers == 0);
}

TEST_CASE("a client without hooks makes no events, whatever passes through it") {
  const auto allocations_of = [](t3api::response answer, const t3api::logging_hooks& hooks) {
    const forgetful_transport via{[&] { return answer; }};
    auto config = test::patient_config(test::make_clock());
    config.logging = hooks;
    const forgetful_client<t3api::no_auth> client(via, t3api::no_auth(), config);
    t3api::request message{
        .method = t3api::method::post, .path = "/x", .headers = answer.headers, .body = answer.body};
    const watch counting;
    (void)client.send(std::move(message));
    return allocations.load();
  };
  const t3api::headers fields{{"Content-Type", "application/json"}};
  const auto plain = test::answer(200, std::string(10000, 'x'), fields);
  auto rows = nlohmann::json::array();
  for (int i = 0; i < 500; ++i) rows.push_back({{"label", "1A4"}, {"id", i}});
  const auto rich = test::answer(200, rows.dump(), fields);
  const t3api::logging_hooks none{.with_headers = true, .with_body = true};
  CHECK(allocations_of(rich, none) == allocations_of(plain, none));
  auto all = none;
  all.on_request = [](const auto&) {};
  CHECK(allocations_of(rich, all) > allocations_of(plain, none) + 500);
  all = none;
  all.on_response = [](const auto&) {};
  CHECK(allocations_of(rich, all) > allocations_of(plain, none) + 500);
}

#endif
