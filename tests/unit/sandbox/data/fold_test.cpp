#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/fold.hpp>

using t3api::sandbox::folded;

TEST_CASE("capital letters become small, in every alphabet that is known") {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"Blue DREAM #7", "blue dream #7"}, {"ÀÖØÞ × ÿß", "àöøþ × ÿß"}, {"ĀĮĲĶĹŇŊŶŸŹŽ", "āįĳķĺňŋŷÿźž"},
      {"ΑΡΣΩΪΫ ΆΈΊΌΎΏ", "αρσωϊϋ άέίόύώ"}, {"АПРЯ ЁЂЏ", "апря ёђџ"},
  };
  for (const auto& one : texts) {
    const auto& capital = one.first;
    const auto& small = one.second;
    CAPTURE(capital);
    CHECK(folded(capital) == small);
    CHECK(folded(small) == small);
  }
}

TEST_CASE("what is no letter of them stays") {
  for (const std::string text : {"", "大麻 🌿", "İıĸŉſ", "[@`{"}) CHECK(folded(text) == text);
}

TEST_CASE("bytes that are no UTF-8 stay, and those behind them are read") {
  CHECK(folded("\xC3") == "\xC3");
  CHECK(folded("\xC3"
               "A\xC3\x84") ==
        "\xC3"
        "a\xC3\xA4");
  CHECK(folded("\x80\xFF\xC0\x81Z") == "\x80\xFF\xC0\x81z");
  CHECK(folded("\xD0\xD0\x90") == "\xD0\xD0\xB0");
}
