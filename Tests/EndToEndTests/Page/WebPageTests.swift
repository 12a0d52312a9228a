import Fixtures
import Foundation
import Testing

extension EndToEnd {
  /// Clicked through as a person would. `LONGHAUL_SCREENSHOTS` names a folder that gets pictures of it.
  @Suite("The web page in a browser", .enabled(if: Browser.path != nil, "there is no Chromium to open the page in"))
  struct WebPages {
    private static func page() throws -> BrowserPage { try BrowserPage(browser: try #require(Browser.path)) }

    private static func keep(_ page: BrowserPage, _ name: String) throws {
      guard let folder = ProcessInfo.processInfo.environment["LONGHAUL_SCREENSHOTS"] else { return }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try page.picture().write(to: URL(fileURLWithPath: folder).appendingPathComponent("\(name).png"))
    }

    /// Greedy, and long however soon the model would end.
    private static let longAnswers = """
      (() => {
        localStorage.setItem("longhaul.settings", JSON.stringify({ temperature: "0", max_tokens: "1200" }));
        const real = window.fetch;
        window.fetch = (path, options) => real(path, options?.body && String(path).includes("chat")
          ? { ...options, body: JSON.stringify({ ...JSON.parse(options.body), ignore_eos: true }) } : options);
      })()
      """
    private static let answer = "[...document.querySelectorAll('.answer .prose')].at(-1)?.innerText"

    @Test("a chat is answered, edited, answered again and kept over a reload")
    func chat() async throws {
      let cluster = try await ServedCluster(workerCount: 2, arguments: ["--context", "2048"])
      let page = try Self.page()
      try page.setSize(width: 1280, height: 860)
      try page.open(cluster.url("/"))
      try page.wait("document.querySelector('#model').textContent === 'Longhaul demo'")
      _ = try page.value(
        "localStorage.setItem('longhaul.settings', JSON.stringify({temperature: '0', max_tokens: '40'}))")
      try page.open(cluster.url("/"))
      try page.wait("document.querySelector('#pulse-text').textContent.startsWith('Serving')")
      try page.type("Once upon a time", into: "#message")
      try page.press("Enter", code: 13)
      try page.wait("document.querySelector('.answer .facts')?.textContent.includes('plain attention')")
      let first = try page.text(Self.answer)
      #expect(!first.isEmpty)
      try page.click(".answer [aria-label='Answer again']")
      try page.wait("document.querySelector('.answer .facts')?.textContent && \(Self.answer) === \(Self.json(first))")
      try page.click(".user [aria-label='Edit this message']")
      _ = try page.value("document.querySelector('.editor textarea').value = 'The whale'")
      try page.click(".editor [type=submit]")
      try page.wait("document.querySelector('.said')?.textContent === 'The whale'")
      try page.wait("document.querySelector('.answer .facts')?.textContent.includes('tokens')")
      let edited = try page.text(Self.answer)
      try page.open(cluster.url("/"))
      try page.wait("document.querySelector('.sidebar .title')?.textContent === 'The whale'")
      try page.click(".sidebar .title")
      try page.wait("\(Self.answer) === \(Self.json(edited))")
      #expect(page.complaints == [])
    }

    @Test("a killed worker is shown lost, its layers move, and the answer is what it would have been")
    func loss() async throws {
      let cluster = try await ServedCluster(
        workerCount: 2, spareCount: 1, arguments: ["--context", "2048", "--group-size", "8"])
      let page = try Self.page()
      try page.setSize(width: 1280, height: 1500)
      var answers: [String] = []
      // The page reads its settings when it loads.
      try page.open(cluster.url("/"))
      _ = try page.value(Self.longAnswers)
      for isDisturbed in [false, true] {
        try page.open(cluster.url("/"))
        _ = try page.value(Self.longAnswers)
        try page.click(".sidebar .wide-button")
        try page.wait("document.querySelector('#pulse-text').textContent.startsWith('Serving')")
        try page.type("Once upon a time", into: "#message")
        try page.press("Enter", code: 13)
        try page.wait("\(Self.answer)?.length > 40")
        if isDisturbed {
          try page.click("#to-cluster")
          try page.wait("document.querySelectorAll('.worker').length === 3")
          // Which of the three is the standby depends on the order in which they came.
          let stages = try await cluster.stageWorkers()
          let standby = try #require((0...2).first { !stages.contains($0) })
          let victim = try await cluster.kill(stage: 1)
          try page.wait("document.querySelector('.worker.is-lost h3')?.textContent === 'w\(victim)'")
          try Self.keep(page, "kill")
          try page.wait("document.querySelectorAll('.layers .is-lost').length === 0")
          try page.wait(
            "document.querySelector('.layers').getAttribute('aria-label').includes('w\(standby) has layers')")
          try page.click("#to-chat")
        }
        try page.wait("document.querySelector('.answer .facts')?.textContent.includes('tokens')")
        answers.append(try page.text(Self.answer))
      }
      #expect(answers[0].count > 200)
      #expect(answers[0] == answers[1])
      #expect(page.complaints == [])
    }

    @Test("what a model writes is drawn as Markdown, and what looks like markup or a script stays text")
    func markdown() async throws {
      let cluster = try await ServedCluster(workerCount: 1)
      let page = try Self.page()
      try page.open(cluster.url("/"))
      for (markdown, drawn) in Self.markdownCases {
        let found = try page.text(
          """
          import('/page/markdownView.js').then(({ MarkdownView }) => {
            const view = new MarkdownView();
            // Letter by letter, as it comes; the end is what counts.
            for (let end = 1; end <= \(Self.json(markdown)).length; end += 1) {
              view.update(\(Self.json(markdown)).slice(0, end));
            }
            return view.element.innerHTML;
          })
          """)
        #expect(found == drawn, "\(markdown)")
      }
      // Rows of marks without an end cost no more than their length.
      let long = try page.value(
        """
        import('/page/markdown.js').then(({ parse }) => {
          const start = performance.now();
          for (const mark of ['*', '[', '`', '_a', '~~', '<http://', '> ', '- ']) parse(mark.repeat(20000));
          return performance.now() - start < 20000;
        })
        """)
      #expect(long as? Bool == true)
      #expect(page.complaints == [])
    }

    private static let markdownCases: [(String, String)] = [
      ("Two *words* of **some** weight", "<p>Two <em>words</em> of <strong>some</strong> weight</p>"),
      ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
      ("# Title\n\ntext", "<h3>Title</h3><p>text</p>"),
      ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
      ("3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
      ("> said", "<blockquote><p>said</p></blockquote>"),
      ("`a < b` ~~no~~", "<p><code>a &lt; b</code> <s>no</s></p>"),
      (
        "|a|b|\n|-|-:|\n|1|2|",
        "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th class=\"left\">a</th><th class=\"right\">b</th></tr>"
          + "</thead><tbody><tr><td class=\"left\">1</td><td class=\"right\">2</td></tr></tbody></table></div>"
      ),
      ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
      ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
      ("[x](javascript:alert(1))", "<p><span>x</span></p>"),
      ("[x](data:text/html,y)", "<p><span>x</span></p>"),
      (
        "![x](https://example.org/i.png)",
        "<p><a href=\"https://example.org/i.png\" target=\"_blank\" rel=\"noopener noreferrer\">x</a></p>"
      ),
    ]

    private static func json(_ text: String) -> String {
      String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
    }
  }
}
