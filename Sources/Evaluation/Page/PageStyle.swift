/// The style sheet of the report: light or dark as the reader's system asks, black on white on paper. Every distinction
/// by color is also one by dash, marker, darkness or text.
enum PageStyle {
  static let sheet: StaticString = """
    :root { --ground: #fbfaf7; --card: #ffffff; --ink: #1d2430; --soft: #5c6675; --rule: #dcdfe4; --plain: #a8480f;
      --extended: #10557f; --stripe: #c9ccd3; --h0: #f4f4f2; --h1: #dbe6ee; --h2: #b4cfdf; --h3: #7ba9c6; --h4: #3b7ba5;
      --h5: #10557f; color-scheme: light dark; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #12161d; --card: #1a2029; --ink: #e8ebf0; --soft: #a2adbb; --rule: #343d4a; --plain: #f0a36b;
        --extended: #6fc0f0; --stripe: #3d4755; --h0: #1f2630; --h1: #22384a; --h2: #275370; --h3: #3677a0;
        --h4: #5aa5d3; --h5: #9fd6f7; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
    h1 { font-size: 1.05rem; font-weight: 600; color: var(--soft); margin: 0 0 6px; overflow-wrap: anywhere; }
    h2 { font-size: 1.1rem; margin: 0 0 4px; }
    .verdict { font-size: 1.9rem; line-height: 1.25; font-weight: 650; margin: 0 0 16px; max-width: 26em; }
    .mark { display: inline-block; border: 2px solid currentColor; border-radius: 6px; padding: 1px 10px;
      font-size: .85rem; font-weight: 700; letter-spacing: .06em; text-transform: uppercase; margin-bottom: 12px; }
    .reasons { margin: 0 0 26px; padding-left: 1.2em; color: var(--soft); max-width: 52em; }
    .facts { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 28px; padding: 0; list-style: none; }
    .facts li { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 10px 16px;
      flex: 1 1 150px; }
    .facts b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
    .facts span { color: var(--soft); font-size: .85rem; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 470px), 1fr)); gap: 20px; }
    .card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 18px 20px;
      min-width: 0; }
    .card p { color: var(--soft); font-size: .9rem; margin: 0 0 12px; }
    .card.wide { grid-column: 1 / -1; }
    .card .outcome { color: var(--ink); font-size: 1.05rem; font-weight: 600; }
    .policies :is(th, td):nth-child(-n+2) { text-align: left; }
    .policies tbody tr:first-child td { font-weight: 650; }
    .card svg { width: 100%; height: auto; display: block; }
    .patterns { position: absolute; }
    svg text { fill: var(--ink); font-size: 13px; font-family: inherit; }
    svg .tick, svg .note, svg .name { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
    svg .note { font-style: italic; }
    svg .grid { stroke: var(--rule); stroke-width: 1; }
    svg .axis { stroke: var(--soft); stroke-width: 1; }
    svg .border { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 2 3; }
    svg .stripe { stroke: var(--stripe); stroke-width: 2.4; }
    svg .line { fill: none; stroke-width: 2.4; stroke-linejoin: round; }
    svg .line.plain { stroke: var(--plain); stroke-dasharray: 7 5; }
    svg .line.extended { stroke: var(--extended); }
    svg .error { stroke-width: 1.3; }
    svg .error.plain { stroke: var(--plain); } svg .error.extended { stroke: var(--extended); }
    svg .marker.plain { fill: var(--card); stroke: var(--plain); stroke-width: 2; }
    svg .marker.extended { fill: var(--extended); stroke: var(--card); stroke-width: 1.5; }
    svg .label { font-weight: 650; }
    svg .label.plain { fill: var(--plain); } svg .label.extended { fill: var(--extended); }
    svg .heat { stroke: var(--rule); stroke-width: 1; }
    svg .heat0 { fill: var(--h0); } svg .heat1 { fill: var(--h1); } svg .heat2 { fill: var(--h2); }
    svg .heat3 { fill: var(--h3); } svg .heat4 { fill: var(--h4); } svg .heat5 { fill: var(--h5); }
    svg .share, svg .total { font-weight: 650; font-variant-numeric: tabular-nums; }
    svg .on4, svg .on5 { fill: #ffffff; }
    svg .cross { stroke: var(--soft); stroke-width: 1; opacity: .45; }
    @media (prefers-color-scheme: dark) { svg .on3 { fill: #ffffff; } svg .on4, svg .on5 { fill: #0c1118; } }
    table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
    th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--rule);
      white-space: nowrap; }
    th { color: var(--soft); font-weight: 600; }
    .scroll { overflow-x: auto; }
    details { margin-top: 24px; } summary { cursor: pointer; font-weight: 600; }
    footer { color: var(--soft); font-size: .85rem; margin-top: 28px; max-width: 60em; }
    @media print { :root { --ground: #fff; --card: #fff; --ink: #000; --soft: #333; } .card { break-inside: avoid; } }
    """
}
