#include "tests/testing/wordnet_folder.h"

#include "tests/testing/files.h"

namespace vidqa::testing {
namespace {

constexpr const char* kLicence = "  1 This stands for the licence.  \n";

}  // namespace

void write_wordnet(const std::string& folder) {
  const auto write = [&](const std::string& name, const std::string& content) {
    write_file(folder + "/" + name, content);
  };
  write("data.noun",
        std::string(kLicence) +
            "00000100 03 n 01 entity 0 000 | all  \n"
            "00000200 05 n 01 animal 0 001 @ 00000100 n 0000 | lives  \n"
            "00000300 03 n 01 thing 0 002 @ 00000100 n 0000 ~ 00000400 n 0000 | no gloss\n"
            "00000400 03 n 01 domestic 0 001 @ 00000300 n 0000 | at home  \n"
            "00000500 05 n 02 dog 0 hound 1 003 @ 00000200 n 0000 @i 00000400 n 0000 "
            "#m 00000200 n 0000 | barks  \n"
            "00000600 05 n 01 cat 0 001 @ 00000200 n 0000 | does not  \n");
  write("index.noun", std::string(kLicence) +
                          "animal n 1 2 @ ~ 1 1 00000200  \n"
                          "cat n 1 1 @ 1 0 00000600  \n"
                          "dog n 1 2 @ #m 1 1 00000500  \n"
                          "domestic n 1 1 @ 1 0 00000400  \n"
                          "entity n 1 0 1 0 00000100  \n"
                          "hound n 1 2 @ #m 1 0 00000500  \n"
                          "thing n 2 1 @ 2 1 00000300 00000100  \n");
  write("noun.exc", "geese goose\n");
  write("data.verb", std::string(kLicence) +
                         "00000100 38 v 01 move 0 000 01 + 02 00 | go  \n"
                         "00000200 38 v 01 run 0 001 @ 00000100 v 0000 01 + 02 00 | fast  \n"
                         "00000300 38 v 01 walk 0 001 @ 00000100 v 0000 01 + 02 00 | slow  \n"
                         "00000400 34 v 01 eat 0 000 01 + 02 00 | food  \n"
                         "00000500 34 v 01 hinder 0 001 @ 00000600 v 0000 01 + 02 00 | a circle\n"
                         "00000600 34 v 01 restrain 0 001 @ 00000500 v 0000 01 + 02 00 | of two\n");
  write("index.verb", std::string(kLicence) +
                          "eat v 1 0 1 0 00000400  \n"
                          "hinder v 1 1 @ 1 0 00000500  \n"
                          "move v 1 1 ~ 1 0 00000100  \n"
                          "restrain v 1 1 @ 1 0 00000600  \n"
                          "run v 1 1 @ 1 0 00000200  \n"
                          "walk v 1 1 @ 1 0 00000300  \n");
  write("verb.exc", "ran run\n");
}

}  // namespace vidqa::testing
