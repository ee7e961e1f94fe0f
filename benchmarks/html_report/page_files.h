#pragma once

#include <string_view>

namespace vidqa::benchmarks {

/// The files of benchmarks/html_report/page/, built into the program (embed_page.cmake).

std::string_view page_html();
std::string_view page_styles();
std::string_view page_scripts();  ///< all of ours, in the order of CMakeLists.txt
std::string_view chart_js();      ///< Debian's Chart.js (MIT licence, named in it)

}  // namespace vidqa::benchmarks
