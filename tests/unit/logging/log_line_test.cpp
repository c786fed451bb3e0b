#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <t3api/logging/sinks.hpp>

using namespace std::chrono_literals;
using t3api::detail::log_line;

namespace {

const t3api::wall_time then{std::chrono::milliseconds(784111777123)};
const std::string stamp = "1994-11-06T08:49:37.123Z ";

}  // namespace

TEST_CASE("times are UTC to the millisecond, also before 1970") {
  CHECK(t3api::iso_time(then) + " " == stamp);
  CHECK(t3api::iso_time(t3api::wall_time(-1ms)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("milliseconds have one decimal and are never negative") {
  CHECK(t3api::detail::milliseconds_text(12345us) == "12.3 ms");
  CHECK(t3api::detail::milliseconds_text(0us) == "0.0 ms");
  CHECK(t3api::detail::milliseconds_text(-1s) == "0.0 ms");
}

TEST_CASE("a line for a request") {
  CHECK(log_line::of(then, t3api::request_event{.request_id = "7f3c", .url = "https://h/x"}) ==
        stamp + "7f3c -> GET https://h/x (attempt 1)\n");
  CHECK(log_line::of(then, t3api::request_event{.request_id = "7f3c",
                                                .attempt = 2,
                                                .method = t3api::method::post,
                                                .url = "https://h/x",
                                                .headers = {{"Accept", "*/*"}, {"Cookie", "***"}},
                                                .body = "{}",
                                                .body_bytes = 2}) ==
        stamp + "7f3c -> POST https://h/x (attempt 2), 2 bytes [Accept: */*; Cookie: ***] body: {}\n");
}

TEST_CASE("a line for an answer, and for none") {
  CHECK(log_line::of(then,
                     t3api::response_event{
                         .request_id = "7f3c", .status = 200, .elapsed = 12345us, .body_bytes = 5120}) ==
        stamp + "7f3c <- 200 in 12.3 ms, 5120 bytes\n");
  CHECK(log_line::of(then, t3api::response_event{.problem = "no route", .elapsed = 2ms}) ==
        stamp + "<- no answer in 2.0 ms: no route\n");
}

TEST_CASE("a line for a retry, a renewal and a notice") {
  CHECK(log_line::of(then, t3api::retry_event{.request_id = "7f3c", .pause = 250ms, .reason = "busy"}) ==
        stamp + "7f3c retry in 250 ms: busy\n");
  CHECK(log_line::of(then, t3api::renewal_event{.request_id = "7f3c", .generation = 2, .elapsed = 80ms}) ==
        stamp + "7f3c token renewed (generation 2) in 80.0 ms\n");
  CHECK(log_line::of(then, t3api::renewal_event{.generation = 1, .elapsed = 80ms}) ==
        stamp + "token obtained (generation 1) in 80.0 ms\n");
  CHECK(log_line::of(then, t3api::renewal_event{.generation = 1, .shared = true, .elapsed = 1ms}) ==
        stamp + "token found in the store (generation 1) in 1.0 ms\n");
  CHECK(log_line::of(then, t3api::renewal_event{.generation = 3, .shared = true, .elapsed = 1ms}) ==
        stamp + "token found in the store (generation 3) in 1.0 ms\n");
  CHECK(log_line::of(then, t3api::renewal_event{.problem = "refused", .elapsed = 1ms}) ==
        stamp + "token not obtained in 1.0 ms: refused\n");
  CHECK(log_line::of(then, t3api::renewal_event{.generation = 2, .problem = "refused", .elapsed = 1ms}) ==
        stamp + "token not renewed in 1.0 ms: refused\n");
  CHECK(log_line::of(then, std::string_view("all is well")) == stamp + "-- all is well\n");
}

TEST_CASE("foreign text in an event stays on its line, and the line has a limit") {
  const std::string evil = "a\r\nb\x1B\xE2\x80\xAE" + std::string(9000, 'x');
  t3api::headers fields;
  for (int i = 0; i < 1000; ++i) fields.add_received(evil, evil);
  const t3api::request_event asked{.request_id = evil, .url = evil, .headers = fields, .body = evil};
  const t3api::response_event told{.request_id = evil, .problem = evil, .headers = fields, .body = evil};
  const t3api::retry_event again{.request_id = evil, .reason = evil};
  const t3api::renewal_event renewed{.request_id = evil, .problem = evil};
  for (const auto& line : {log_line::of(then, asked), log_line::of(then, told), log_line::of(then, again),
                           log_line::of(then, renewed), log_line::of(then, std::string_view(evil))}) {
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find('\r') == line.npos);
    CHECK(line.find('\x1B') == line.npos);
    CHECK(line.find("\xE2\x80\xAE") == line.npos);
    CHECK(line.size() < 9000);
  }
}
