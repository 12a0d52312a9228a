/// What a report of a fault needs from a host: versions, services, logs, settings, the machine. It reads no key;
/// prompts and answers are in no log.
enum SupportReport {
  /// Prints all of it; a part that cannot be had says why.
  static func command(_ site: Site, host: HostName, layout: HostLayout) -> ShellText {
    var parts: [ShellText] = ["\(layout.link) --version", "readlink -f \(layout.link)"]
    for service in site.services(on: host) {
      parts.append(
        layout.isSystem
          ? "systemctl --no-pager --lines 0 status \(service.unit)" : "\(layout.script) lives \(service.name)")
      parts.append(service.log(layout, lines: 5000))
      parts.append("cat \(service == .coordinator ? layout.serveFile : layout.workerFile)")
      if service == .coordinator {
        parts.append("\(layout.link) status --raw --api-keys \(layout.apiKeys) \("http://\(site.http)")")
      }
    }
    parts += [
      "\(layout.link) doctor", "uname -a", "cat /etc/os-release", "lscpu", "free -m", "df -h", "uptime",
      "ip -stats link",
    ]
    var text: ShellText = #"say() { printf '\n== %s\n' "$*"; "$@" 2>&1 || echo "status $?"; }"#
    for part in parts { text = "\(text); say \(part)" }
    return text
  }

}
