#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/environment/dotenv_reader.hpp>

namespace {

t3api::result<t3api::dotenv> read_text(std::string_view text, std::string_view name) {
  return t3api::detail::dotenv_reader(text, name).read();
}

// The value that a text gives the key K.
std::string value_of(std::string_view text) {
  const auto parsed = read_text(text, ".t3.env");
  INFO(text);
  REQUIRE_MESSAGE(parsed, parsed.error().message);
  REQUIRE(parsed->find("K"));
  return std::string(parsed->find("K")->value.reveal());
}

std::string text_fault(std::string_view text) {
  const auto parsed = read_text(text, ".t3.env");
  INFO(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().category == t3api::error_category::argument);
  return parsed.error().message;
}

std::size_t line_of(std::string_view text, std::string_view key) {
  const auto parsed = read_text(text, ".t3.env");
  REQUIRE_MESSAGE(parsed, parsed.error().message);
  REQUIRE(parsed->find(key));
  return parsed->find(key)->line;
}

}  // namespace

TEST_CASE("a text of nothing, blanks and comments sets nothing") {
  for (const char* text : {"", "\n", "\r\n\r\n", "  \t \n", "# a comment", "  # A=1\n#B=2\n", "\xEF\xBB\xBF",
                           "\xEF\xBB\xBF# a comment\n"}) {
    CAPTURE(text);
    CHECK(read_text(text, "x").value().size() == 0);
  }
}

TEST_CASE("an unquoted value is what follows the =, without the blanks around it") {
  CHECK(value_of("K=v") == "v");
  CHECK(value_of("K=v\n") == "v");
  CHECK(value_of("K=v\r\n") == "v");
  CHECK(value_of("K=v\r") == "v");
  CHECK(value_of(" \tK \t= \tv w\t \n") == "v w");
  CHECK(value_of("K=") == "");
  CHECK(value_of("K= \nL=1") == "");
  CHECK(value_of("K=a=b==") == "a=b==");
  CHECK(value_of("K=C:\\new") == "C:\\new");
  CHECK(value_of("K=say \"hi\"") == "say \"hi\"");
  CHECK(value_of("K=it's") == "it's");
  CHECK(value_of("\xEF\xBB\xBF# a comment\nK=v") == "v");
  CHECK(value_of("K=Zo\xC3\xAB \xE2\x82\xAC \xF0\x9F\x98\x80") == "Zo\xC3\xAB \xE2\x82\xAC \xF0\x9F\x98\x80");
}

TEST_CASE("a # is a comment when a blank stands before it, and else a part of the value") {
  CHECK(value_of("K=v # comment = \"") == "v");
  CHECK(value_of("K=v\t# comment") == "v");
  CHECK(value_of("K=a#b") == "a#b");
  CHECK(value_of("K=a#b #c") == "a#b");
  CHECK(value_of("K=#b") == "#b");
  CHECK(value_of("K= # all of it") == "# all of it");
  CHECK(value_of("K=v  # a # b") == "v");
  CHECK(value_of("K='a # b' # c") == "a # b");
  CHECK(value_of("K=\"a # b\"# c") == "a # b");
}

TEST_CASE("single quotes decode a quote and a backslash, and keep everything else as it stands") {
  CHECK(value_of("K='  v  '") == "  v  ");
  CHECK(value_of(R"(K = 'a\n$X"b'  )") == R"(a\n$X"b)");
  CHECK(value_of("K=''") == "");
  CHECK(value_of("K='v'\r\n") == "v");
  CHECK(value_of(R"(K='it\'s')") == "it's");
  CHECK(value_of(R"(K='a\\b\\\\c\d')") == R"(a\b\\c\d)");
}

TEST_CASE("double quotes decode their escapes and no others") {
  CHECK(value_of(R"(K="a\nb\rc\td\\e\"f\'g")") == "a\nb\rc\td\\e\"f'g");
  CHECK(value_of(R"(K="\a\b\f\v")") == "\a\b\f\v");
  CHECK(value_of(R"(K="C:\dir\x41\$\0")") == R"(C:\dir\x41\$\0)");
  CHECK(value_of(R"(K="\\n")") == "\\n");
  CHECK(value_of(R"(K="it's")") == "it's");
  CHECK(value_of(R"(K="")") == "");
  CHECK(value_of("K=\" v\t\"") == " v\t");
}

TEST_CASE("a quote behind a backslash closes a value only if no other quote does") {
  CHECK(value_of(R"(K='tail\\')") == R"(tail\)");
  CHECK(value_of(R"(K='tail\')") == R"(tail\)");
  CHECK(value_of(R"(K="tail\")") == R"(tail\)");
  CHECK(value_of(R"(K='both\'\\\\')") == R"(both'\\)");
  CHECK(value_of("K='a\\'\nL=b' # x\n") == "a'\nL=b");
  CHECK(text_fault("A='hunter\\'\nB='hunter2'\n").find("line 2 (A) has text behind") != std::string::npos);
}

TEST_CASE("a value in quotes goes over lines, whose ends become line feeds") {
  CHECK(value_of("K='a\nb\n\nc'\n") == "a\nb\n\nc");
  CHECK(value_of("K='a\r\nb'\r\n") == "a\nb");
  CHECK(line_of("\nK='a\nb\nc' # x\nL=1", "L") == 5);
  CHECK(value_of("K=\"a\nb\n\nc\"\n") == "a\nb\n\nc");
  CHECK(value_of("K=\"a\r\nb\"\r\n") == "a\nb");
  CHECK(value_of("K=\"a\\\nb\"") == "a\\\nb");
  CHECK(value_of("K=\"# a\nL=1\"") == "# a\nL=1");
  CHECK(line_of("\nK=\"a\nb\nc\" # x\nL=1", "L") == 5);
  CHECK(line_of("\nK=\"a\r\nb\r\nc\"\r\nL=1", "K") == 2);
}

TEST_CASE("nothing is expanded, and what T3's Python client would expand is refused") {
  CHECK(value_of("A=1\nK=$A$(id)`id`{A}") == "$A$(id)`id`{A}");
  CHECK(value_of("A=1\nK=\"$A $(id) }${\"") == "$A $(id) }${");
  for (const char* value : {"hunter2${A}", "'${A}'", "\"${A:-hunter2}\"", "${}"}) {
    CHECK(text_fault("A=1\nK=" + std::string(value)) ==
          ".t3.env line 2 (K) holds ${...}, in whose place T3's Python client puts another setting's value: "
          "set this one in the environment");
  }
}

TEST_CASE("a byte order mark hides the first key from Python's reader, so it is refused there") {
  CHECK(text_fault("\xEF\xBB\xBFK=v").starts_with(".t3.env line 1 (K) begins with a byte order mark"));
}

TEST_CASE("blanks other than spaces and tabs are refused outside of quotes: Python takes them off") {
  for (const char* space : {"\xC2\xA0", "\xC2\x85", "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x8A",
                            "\xE2\x80\xA8", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"}) {
    const std::string wide = space;
    CHECK(text_fault("K=hunter2" + wide) ==
          ".t3.env line 1 (K) holds a blank that is no plain space: put the value into single quotes");
    CHECK(text_fault("K=" + wide + "'hunter2'").find("no plain space") != std::string::npos);
    CHECK(value_of("K='v" + wide + "'") == "v" + wide);
    CHECK(value_of("K=v #" + wide) == "v");
  }
  CHECK(value_of("K=\xE2\x80\x8B\xE2\x82\xAC") == "\xE2\x80\x8B\xE2\x82\xAC");
}

TEST_CASE("the word export may stand before a key, and may be one") {
  CHECK(value_of("export K=v") == "v");
  CHECK(value_of("  export \t K = v") == "v");
  CHECK(line_of("export=1", "export") == 1);
  CHECK(line_of("exported=1", "exported") == 1);
  CHECK(line_of("export export=1", "export") == 1);
}

TEST_CASE("keys know their line and their case") {
  const auto parsed = read_text("A=1\n\n# x\nb_2=2\n_=3\n", "dir/.t3.env").value();
  CHECK(parsed.size() == 3);
  CHECK(parsed.name() == "dir/.t3.env");
  CHECK(parsed.find("A")->line == 1);
  CHECK(parsed.find("b_2")->line == 4);
  CHECK(parsed.find("_")->line == 5);
  CHECK(parsed.find("a") == nullptr);
  CHECK(parsed.find("") == nullptr);
}

TEST_CASE("a quote that is not closed is named where it opens") {
  CHECK(text_fault("A=1\nMETRC_PASSWORD=\"hunter2\nB=2\n") ==
        ".t3.env line 2 (METRC_PASSWORD) opens a quote that is never closed: add the closing \"");
  CHECK(text_fault("A='hunter2\nB=x") ==
        ".t3.env line 1 (A) opens a quote that is never closed: add the closing '");
  CHECK(text_fault("A=\"").find("never closed") != std::string::npos);
  CHECK(text_fault("A='").find("never closed") != std::string::npos);
}

TEST_CASE("text behind a closing quote is refused") {
  CHECK(text_fault("A=\"a\nb\" hunter2") ==
        ".t3.env line 2 (A) has text behind the closing quote: put all of the value into one pair of quotes");
  CHECK(text_fault("A='it's hunter2'").find("line 1 (A) has text behind") != std::string::npos);
  CHECK(text_fault("A='a''b'").find("line 1 (A) has text behind") != std::string::npos);
}

TEST_CASE("a line that is no KEY=VALUE is refused without being shown") {
  const std::string sentence =
      ".t3.env line 2 is no KEY=VALUE: write it so, or start it with # if it is a comment";
  CHECK(text_fault("A=1\nhunter2") == sentence);
  CHECK(text_fault("A=1\nexport A") == sentence);
  CHECK(text_fault("A=1\n'quoted'\nB=1") == sentence);
}

TEST_CASE("a bad key is refused without being shown: it may be a part of a secret") {
  for (const char* line : {"=hunter2", " = hunter2", "9A=hunter2", "MY-KEY=hunter2", "my.key=hunter2",
                           "hunter2/+x==", "MY KEY=hunter2", "\"A\"=hunter2", "K\xC3\x84=hunter2",
                           "export =x=", "export =1", "K\xC2\xA0=hunter2", "export export K=hunter2"}) {
    CAPTURE(line);
    CHECK(text_fault("# a\n" + std::string(line)) ==
          ".t3.env line 2 has no good key before the =: use letters, digits and underscores, a digit not "
          "first");
  }
}

TEST_CASE("a key that comes twice is refused with both lines") {
  CHECK(text_fault("A=1\nB=\"x\ny\"\n\nexport A=hunter2") ==
        ".t3.env line 5 (A) sets what line 1 has set: remove one of the two");
  CHECK(text_fault("A=\nA=") == ".t3.env line 2 (A) sets what line 1 has set: remove one of the two");
}

TEST_CASE("bytes that are no UTF-8 are refused wherever they stand") {
  const std::string advice = "is not valid UTF-8: save the file as UTF-8";
  CHECK(text_fault("A=1\nB=hunter\xFF") == ".t3.env line 2 (B) " + advice);
  CHECK(text_fault("B=\"hunter\n2\n\xE9\"") == ".t3.env line 3 (B) " + advice);
  CHECK(text_fault("B='hunter' # \xE9") == ".t3.env line 1 (B) " + advice);
  CHECK(text_fault("B=\"hunter\n\" # \xE9") == ".t3.env line 2 (B) " + advice);
  CHECK(text_fault("# Schl\xFCssel") == ".t3.env line 1 " + advice);
  CHECK(text_fault("B=\xC0\x80") == ".t3.env line 1 (B) " + advice);
  CHECK(text_fault("B=\xED\xA0\x80") == ".t3.env line 1 (B) " + advice);
  CHECK(text_fault(std::string_view("\xFF\xFE"
                                    "A\0=\0x\0\n\0",
                                    10)) == ".t3.env line 1 " + advice);
}

TEST_CASE("control characters are refused wherever they stand") {
  const std::string advice = "holds a control character: remove it, or save the file as UTF-8 text";
  CHECK(text_fault(std::string_view("B=hunter\0", 9)) == ".t3.env line 1 (B) " + advice);
  CHECK(text_fault(std::string_view("A\0=\0x\0\n\0", 8)) == ".t3.env line 1 " + advice);
  CHECK(text_fault(std::string_view("\n\0\n", 3)) == ".t3.env line 2 " + advice);
  for (const char c : {'\x01', '\x08', '\v', '\f', '\x1B', '\x1F', '\x7F'}) {
    CAPTURE(static_cast<int>(c));
    CHECK(text_fault(std::string("B=hunter") + c + "2") == ".t3.env line 1 (B) " + advice);
    CHECK(text_fault(std::string("B='hunter") + c + "2'") == ".t3.env line 1 (B) " + advice);
    CHECK(text_fault(std::string("B=\"hunter\n") + c + "2\"") == ".t3.env line 2 (B) " + advice);
    CHECK(text_fault(std::string("# ") + c) == ".t3.env line 1 " + advice);
  }
  CHECK(text_fault("A=1\rB=2\n") == ".t3.env line 1 (A) " + advice);
  CHECK(text_fault("A=1\r\r\n") == ".t3.env line 1 (A) " + advice);
}

TEST_CASE("what an error shows is short and fit for a terminal") {
  const auto long_key = text_fault(std::string(100'000, 'K') + "=\"hunter2");
  CHECK(long_key.size() < 200);
  const auto named = read_text("x", "\x1B[31m" + std::string(1000, 'n'));
  REQUIRE_FALSE(named);
  CHECK(named.error().message.size() < 300);
  CHECK(named.error().message.find('\x1B') == std::string::npos);
}

TEST_CASE("texts as large as a file may be take no more than linear time") {
  constexpr std::size_t size = std::size_t{1} << 18U;
  std::string keys;
  for (std::size_t i = 0; keys.size() < size; ++i) keys += "K" + std::to_string(i) + "=\"\"\n";
  CHECK(read_text(keys, "x").has_value());
  CHECK(value_of("K=" + std::string(size, '#')).size() == size);
  CHECK(value_of("K=\"" + std::string(size, '\n') + "\"").size() == size);
  CHECK(value_of("K=\"" + std::string(size, '\\') + "\"").size() == size / 2);
  CHECK_FALSE(read_text("K=\"" + std::string(size, '\\'), "x"));
  CHECK(read_text(std::string(size, '\n'), "x").has_value());
}

TEST_CASE("no mutation of a text makes the reader crash, hang or show a value") {
  const std::vector<std::string> seeds = {
      "A=1\nexport B = 'two' # x\nC=\"a\\n\\\"b\nc\"\r\n# end\n",
      "\xEF\xBB\xBF"
      "K=\"hu-nter2\"\r\nL=hu-nter2 # x\nM='hu-nter2'\n",
      "K=Zo\xC3\xAB\nL=\"\\\\\\$\"\n\n\n=x\nM",
  };
  const std::string_view marks = "=\"'\\#\n\r\t $_A9x\xC3\xFF\x01";
  std::mt19937 random(20261122);  // NOLINT(cert-msc51-cpp): the same texts each time
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random()) % bound; };
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[below(seeds.size())];
    for (auto changes = 1 + below(8); changes > 0; --changes) {
      const auto at = below(text.size() + 1);
      switch (below(5)) {
        case 0: text.insert(at, 1, marks[below(marks.size())]); break;
        case 1: text.insert(at, 1, static_cast<char>(below(256))); break;
        case 2: text.erase(at, 1 + below(4)); break;
        case 3: text.insert(at, text.substr(below(text.size() + 1), below(20))); break;
        default: text.resize(at); break;
      }
    }
    // On the heap to the byte, so that a checked build sees a step over either end.
    const std::vector<char> exact(text.begin(), text.end());
    const auto parsed = read_text(std::string_view(exact.data(), exact.size()), ".t3.env");
    good += parsed ? 1 : 0;
    if (parsed) continue;
    CAPTURE(text);
    REQUIRE(parsed.error().message.starts_with(".t3.env line "));
    REQUIRE(parsed.error().message.find("u-n") == std::string::npos);
  }
  CHECK(good > 500);
  CHECK(good < 19'500);
}
