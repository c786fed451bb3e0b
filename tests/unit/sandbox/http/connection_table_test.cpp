#include <doctest/doctest.h>

#include <memory>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include <t3api/sandbox/http/connection_table.hpp>

using t3api::sandbox::connection_phase;
using t3api::sandbox::connection_table;

namespace {

/// A connection with a place in the table.
struct member {
  explicit member(connection_table& table) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    place = std::make_unique<connection_table::place>(table, ends[0]);
  }
  member(const member&) = delete;
  member& operator=(const member&) = delete;
  ~member() {
    place.reset();
    ::close(ends[0]);
    ::close(ends[1]);
  }

  bool in(connection_phase phase) const { return place->enter(phase); }
  bool at_end() const {
    char byte = 0;
    return ::recv(ends[0], &byte, 1, MSG_DONTWAIT) == 0;
  }

  int ends[2];
  std::unique_ptr<connection_table::place> place;
};

}  // namespace

TEST_CASE("room is made by those that wait for nothing in particular, and of them the longest") {
  connection_table table;
  CHECK_FALSE(table.end_one());
  const member working(table), receiving(table), old_idle(table), new_idle(table);
  REQUIRE(working.in(connection_phase::working));
  REQUIRE(receiving.in(connection_phase::receiving));
  REQUIRE(old_idle.in(connection_phase::working));
  REQUIRE(old_idle.in(connection_phase::idle));
  REQUIRE(new_idle.in(connection_phase::working));
  REQUIRE(new_idle.in(connection_phase::idle));
  for (const auto* next : {&old_idle, &new_idle, &receiving}) {
    CHECK_FALSE(next->at_end());
    CHECK(table.end_one());
    CHECK(next->at_end());
    CHECK_FALSE(next->in(connection_phase::working));
  }
  CHECK_FALSE(table.end_one());
  CHECK(working.in(connection_phase::idle));
}

TEST_CASE("a stop spares answers on their way, and no one else, now or later") {
  connection_table table;
  const member idle(table), receiving(table), pausing(table), working(table), sending(table);
  REQUIRE(receiving.in(connection_phase::receiving));
  REQUIRE(pausing.in(connection_phase::pausing));
  REQUIRE(working.in(connection_phase::working));
  REQUIRE(sending.in(connection_phase::sending));
  table.stop();
  CHECK_FALSE(idle.in(connection_phase::working));
  CHECK_FALSE(receiving.in(connection_phase::working));
  CHECK_FALSE(pausing.in(connection_phase::working));
  CHECK(idle.at_end());
  CHECK(working.in(connection_phase::sending));
  CHECK(sending.in(connection_phase::working));
  CHECK(working.place->stopping());
  CHECK_FALSE(working.in(connection_phase::idle));
  const member late(table);
  CHECK_FALSE(late.in(connection_phase::receiving));
}
