#define T3API_TEST_OWN_STOP_TOKEN
#include <t3api/detail/own_stop_token.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/stoppable_condition.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
namespace own = t3api::detail::own;

struct own_kit {
  using token = own::stop_token;
  using source = own::stop_source;
  template <class F>
  using callback = own::stop_callback<F>;
  using condition = own::stoppable_condition;
  static constexpr auto nostopstate = own::nostopstate;
};
/// The standard library's, or the same once more where it has none.
struct standard_kit {
  using token = t3api::stop_token;
  using source = t3api::stop_source;
  template <class F>
  using callback = t3api::stop_callback<F>;
  using condition = t3api::detail::stoppable_condition;
  static constexpr auto nostopstate = t3api::nostopstate;
};

}  // namespace

TEST_CASE_TEMPLATE("a token tells once its source was asked to stop", Kit, own_kit, standard_kit) {
  typename Kit::source source;
  const auto token = source.get_token();
  const auto copy = token;
  CHECK_FALSE(token.stop_requested());
  CHECK(source.request_stop());
  CHECK(token.stop_requested());
  CHECK(copy.stop_requested());
  CHECK(source.stop_requested());
  CHECK_FALSE(source.request_stop());
  CHECK(copy == token);
  CHECK_FALSE(copy == typename Kit::source().get_token());

  CHECK_FALSE(typename Kit::token().stop_requested());
  typename Kit::source none(Kit::nostopstate);
  CHECK_FALSE(none.request_stop());
  CHECK_FALSE(none.get_token().stop_requested());
}

TEST_CASE_TEMPLATE("callbacks run once, at once when it is late, and not when they are gone", Kit, own_kit,
                   standard_kit) {
  int first = 0, second = 0, gone = 0, late = 0;
  const auto count = [](int& n) { return [&n] { ++n; }; };
  using counting = decltype(count(first));
  using callback = typename Kit::template callback<counting>;

  std::optional<typename Kit::source> source(std::in_place);
  const auto token = source->get_token();
  const callback one(token, count(first)), two(token, count(second)),
      never(typename Kit::token(), count(gone));
  std::optional<callback> three(std::in_place, token, count(gone));
  three.reset();
  source->request_stop();
  source->request_stop();
  const callback four(token, count(late));
  source.reset();
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(late == 1);
  CHECK(gone == 0);
}

TEST_CASE_TEMPLATE("a callback may be the end of itself and of the source", Kit, own_kit, standard_kit) {
  struct ending {
    std::optional<typename Kit::source>& source;
    std::optional<typename Kit::template callback<ending>>& self;
    void operator()() const {
      source.reset();
      self.reset();
    }
  };
  std::optional<typename Kit::source> source(std::in_place);
  std::optional<typename Kit::template callback<ending>> self;
  self.emplace(source->get_token(), ending{source, self});
  source->request_stop();
  CHECK_FALSE(self.has_value());
}

TEST_CASE_TEMPLATE("who takes a callback away waits until it has run", Kit, own_kit, standard_kit) {
  std::promise<void> runs, go_on;
  std::atomic<bool> done{false};
  const auto body = [&] {
    runs.set_value();
    go_on.get_future().wait();
    done = true;
  };
  typename Kit::source source;
  std::optional<typename Kit::template callback<decltype(body)>> slow(std::in_place, source.get_token(),
                                                                      body);
  std::thread stopping([&] { source.request_stop(); });
  runs.get_future().wait();
  std::thread releasing([&] { go_on.set_value(); });
  slow.reset();
  CHECK(done);
  releasing.join();
  stopping.join();
}

TEST_CASE_TEMPLATE("a wait ends by what it waits for, by the request to stop, or late", Kit, own_kit,
                   standard_kit) {
  const auto far = std::chrono::steady_clock::now() + 1h;
  std::mutex mutex;
  typename Kit::condition changed;
  typename Kit::source source;
  bool holds = false;
  std::unique_lock lock(mutex);
  CHECK_FALSE(changed.wait_for(lock, source.get_token(), 1ms, [&] { return holds; }));
  CHECK_FALSE(changed.wait_until(lock, source.get_token(), std::chrono::steady_clock::now() - 1s,
                                 [&] { return holds; }));

  std::thread changing([&] {
    const std::scoped_lock other(mutex);  // Comes by once the wait has let go of it.
    holds = true;
    changed.notify_one();
  });
  CHECK(changed.wait_until(lock, source.get_token(), far, [&] { return holds; }));
  CHECK(lock.owns_lock());
  changing.join();

  holds = false;
  std::thread stopping([&] {
    const std::scoped_lock other(mutex);
    source.request_stop();
  });
  CHECK_FALSE(changed.wait_until(lock, source.get_token(), far, [&] { return holds; }));
  stopping.join();
  CHECK(lock.owns_lock());
  CHECK_FALSE(changed.wait_until(lock, source.get_token(), far, [&] { return holds; }));
  holds = true;
  CHECK(changed.wait_until(lock, source.get_token(), far, [&] { return holds; }));
}

TEST_CASE_TEMPLATE("no request to stop is missed that comes when a wait begins", Kit, own_kit, standard_kit) {
  typename Kit::source source;
  struct lock_that_stops {
    std::mutex mutex;
    typename Kit::source& source;
    std::future<void> asked{};
    void lock() { mutex.lock(); }
    void unlock() {
      mutex.unlock();
      if (asked.valid()) return;
      asked = std::async(std::launch::async, [this] { source.request_stop(); });
      asked.wait_for(20ms);  // Asking may have to wait until the wait has begun, so this is no longer.
    }
  } lock{.mutex = {}, .source = source};
  typename Kit::condition changed;
  lock.lock();
  const auto late = std::chrono::steady_clock::now() + 30s;
  CHECK_FALSE(changed.wait_until(lock, source.get_token(), late, [] { return false; }));
  CHECK(std::chrono::steady_clock::now() < late);
  lock.unlock();
}
