/// A date and time of day that a template may show through `strftime_now`. The caller reads the clock: the server
/// passes the present, and measurements and tests a fixed date, so that their prompts never change.
package struct TemplateDate: Hashable, Sendable {
  package let year: Int
  /// From 1.
  package let month: Int
  /// Day of the month, from 1.
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int

  /// - Precondition: a date of the Gregorian calendar from the year 1 on, and a time of day.
  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    precondition(year > 0 && (1...12).contains(month) && (1...31).contains(day), "not a date")
    precondition((0..<24).contains(hour) && (0..<60).contains(minute) && (0...60).contains(second), "not a time")
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The date that Llama's own templates fall back to.
  package static let fixed = TemplateDate(year: 2024, month: 7, day: 26)

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// 0 is Sunday: Zeller's congruence over a year that starts in March.
  private var weekday: Int {
    let (shiftedYear, shiftedMonth) = month < 3 ? (year - 1, month + 12) : (year, month)
    let days = day + (13 * (shiftedMonth + 1)) / 5 + shiftedYear + shiftedYear / 4 - shiftedYear / 100
    return (days + shiftedYear / 400 + 6) % 7
  }

  private var dayOfYear: Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    return before + day + (isLeap && month > 2 ? 1 : 0)
  }

  /// The date in the format of C's `strftime`, in English.
  /// - Throws: for a conversion that no known template uses.
  func formatted(_ format: String) throws(ChatTemplateError) -> String {
    var result = ""
    var scalars = format.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      var conversion = scalars.next()
      let isPadded = conversion != "-"
      if !isPadded { conversion = scalars.next() }
      result += try value(of: conversion, isPadded: isPadded)
    }
    return result
  }

  private func value(of conversion: Unicode.Scalar?, isPadded: Bool) throws(ChatTemplateError) -> String {
    func digits(_ value: Int) -> String { isPadded && value < 10 ? "0\(value)" : "\(value)" }
    switch conversion {
    case "Y": return "\(year)"
    case "y": return digits(year % 100)
    case "m": return digits(month)
    case "d": return digits(day)
    case "e": return isPadded && day < 10 ? " \(day)" : "\(day)"
    case "B": return TemplateDate.months[month - 1]
    case "b", "h": return String(TemplateDate.months[month - 1].prefix(3))
    case "A": return TemplateDate.weekdays[weekday]
    case "a": return String(TemplateDate.weekdays[weekday].prefix(3))
    case "H": return digits(hour)
    case "I": return digits((hour + 11) % 12 + 1)
    case "p": return hour < 12 ? "AM" : "PM"
    case "M": return digits(minute)
    case "S": return digits(second)
    case "j":
      let digits = String(dayOfYear)
      return isPadded ? String(repeating: "0", count: 3 - digits.count) + digits : digits
    case "w": return "\(weekday)"
    case "u": return "\(weekday == 0 ? 7 : weekday)"
    case "f": return "000000"
    case "D", "x": return try formatted("%m/%d/%y")
    case "R": return try formatted("%H:%M")
    case "X": return try formatted("%H:%M:%S")
    case "c": return try formatted("%a %b %e %H:%M:%S %Y")
    case "n": return "\n"
    case "t": return "\t"
    case "F": return try formatted("%Y-%m-%d")
    case "T": return try formatted("%H:%M:%S")
    case "%": return "%"
    default:
      let name = conversion.map { "%\($0)" } ?? "%"
      throw ChatTemplateError(.unsupported, "the date conversion \"\(name)\" is not supported")
    }
  }
}
