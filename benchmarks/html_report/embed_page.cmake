# Writes OUTPUT, the definitions of page_files.h, from files:
#   cmake -D OUTPUT=... -D HTML=... -D STYLES=... -D SCRIPTS=a.js,b.js,... -D CHART_JS=... -P embed_page.cmake

set(definitions "")

# A function that gives the text of `files`, one after the other. A literal may not be arbitrarily long for every
# compiler, but GCC and Clang take them as long as they are.
function(embed name files)
  set(literals "")
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(FIND "${text}" ")vidqa\"" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file}: holds the end of the literal that it would become")
    endif()
    string(APPEND literals "R\"vidqa(${text})vidqa\"\n")
  endforeach()
  set(definitions "${definitions}std::string_view ${name}() {\n  return ${literals};\n}\n\n" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
embed(page_html "${HTML}")
embed(page_styles "${STYLES}")
embed(page_scripts "${SCRIPTS}")
embed(chart_js "${CHART_JS}")

file(WRITE ${OUTPUT} "#include \"benchmarks/html_report/page_files.h\"\n\nnamespace vidqa::benchmarks {\n\n")
file(APPEND ${OUTPUT} "${definitions}")
file(APPEND ${OUTPUT} "}  // namespace vidqa::benchmarks\n")
