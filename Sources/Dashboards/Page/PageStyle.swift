/// Style and script of the page. Both stand in it: nothing is fetched from elsewhere.
enum PageStyle {
    static let css = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--rule:#d0d7de;--card:#f6f8fa;--accent:#0969da;--good:#116329;--bad:#b3261e;--watch:#7d4e00}
        @media (prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6edf3;--soft:#9da7b3;--rule:#3d444d;--card:#171d24;--accent:#6cb6ff;--good:#57c26b;--bad:#ff8e86;--watch:#e0b040}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:1rem;max-width:62rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
        h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.3rem;margin:2.2rem 0 .4rem;border-top:1px solid var(--rule);padding-top:1.2rem}
        h4{margin:.8rem 0 .2rem;font-size:.95rem}h3{font-size:1.05rem;margin:1.6rem 0 .4rem}p{margin:.4rem 0}a{color:var(--accent)}
        .figures{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;padding:0;margin:.6rem 0;list-style:none;color:var(--soft)}
        .figures b{color:var(--fg)}
        .scroll{overflow-x:auto;margin:.4rem 0}
        table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--soft);padding:.2rem 0}
        th,td{text-align:left;padding:.2rem .7rem .2rem 0;border-bottom:1px solid var(--rule);vertical-align:top;overflow-wrap:normal}
        th{font-weight:600}.n{text-align:right}
        details{margin:.4rem 0}summary{cursor:pointer;color:var(--soft);font-size:.87rem}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.6rem;padding:0;list-style:none}
        .cards li{background:var(--card);border:1px solid var(--rule);border-left-width:.35rem;border-radius:.4rem;padding:.5rem .7rem;font-size:.9rem}
        .cards .drift{border-left-color:var(--bad)}.cards .watch{border-left-color:var(--watch)}.cards .ok{border-left-color:var(--good)}
        .cards small{color:var(--soft);display:block}
        .bad-text,.level-drift{color:var(--bad);fill:var(--bad)}.level-watch{color:var(--watch)}.level-ok{color:var(--good)}
        svg{display:block;width:100%;height:auto;margin:.4rem 0;font:12px system-ui,sans-serif}
        svg text{fill:var(--fg)}svg .axis{fill:var(--soft)}svg .grid{stroke:var(--rule);stroke-width:1}
        svg .line{fill:none;stroke:var(--accent);stroke-width:2}svg .dot{fill:var(--accent)}svg .bar{fill:var(--accent)}
        svg .threshold{stroke:var(--bad);stroke-dasharray:6 4;stroke-width:1.5}svg .threshold-name{fill:var(--bad)}
        svg .reference{stroke:var(--soft);stroke-dasharray:3 4}
        svg .mark{stroke:var(--good);stroke-dasharray:2 3;stroke-width:1.5}svg .mark.bad{stroke:var(--bad)}svg .mark-name{fill:var(--good)}
        svg .mark-name.bad-text{fill:var(--bad)}
        svg .on-dark{fill:#fff}svg .on-light{fill:#000}
        footer{margin-top:2.5rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.85rem}
        @media (max-width:40rem){body{padding:.7rem}}
        @media print{:root{--bg:#fff;--fg:#000;--soft:#444;--rule:#bbb;--card:#fff;--accent:#0550ae;--good:#116329;--bad:#b3261e;--watch:#7d4e00}
        body{max-width:none;font-size:11pt}svg,tr,.cards li{break-inside:avoid}h2{break-before:auto;break-after:avoid}h3{break-after:avoid}}
        """

    /// Folded tables are printed too.
    static let printScript = """
        addEventListener('beforeprint',()=>{for(const d of document.querySelectorAll('details'))d.open=true});
        """

    /// Replaces what the page shows by what the service says now, and keeps what the reader has unfolded.
    static let liveScript = """
        setInterval(async()=>{if(document.hidden)return;try{const r=await fetch(location.href);if(!r.ok)throw 0;
        const p=new DOMParser().parseFromString(await r.text(),'text/html');
        const o=[...document.querySelectorAll('details')].map(d=>d.open);
        document.querySelector('main').replaceWith(p.querySelector('main'));
        document.querySelectorAll('details').forEach((d,i)=>{d.open=!!o[i]});
        document.querySelector('#age').textContent='live'}catch(e){
        document.querySelector('#age').textContent='the service does not answer; this is what it said last'}},5000);
        """
}
