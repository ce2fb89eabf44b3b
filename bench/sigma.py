"""Conversions of Sigma rules to AQL, read back: one condition for each, to be written for both sides.

The file (`--sigma`) has a JSON object a line, with `title`, `logsource` and `aql`, as the QRadar backend
of pySigma writes it. It is others' work and no part of the repository.
"""

import json
import re

import conditions

# What IBM's property was in the Sigma rule. Where that depends on the category, see `field`.
FIELDS = {
    "Access Mask": "AccessMask",
    "Account Name": "AccountName",
    "Attribute New Value": "NewUacValue",
    "Attribute Old Value": "OldUacValue",
    "Call Trace": "CallTrace",
    "Command": "CommandLine",
    "Destination Hostname": "DestinationHostname",
    "Distinguished Name": "DistinguishedName",
    "Error Code": "ErrorCode",
    "Event ID": "EventID",
    "File Path": "Path",
    "Granted Access": "GrantedAccess",
    "Integrity Level": "IntegrityLevel",
    "Logon Type": "LogonType",
    "Message": "ScriptBlockText",
    "Object Name": "ObjectName",
    "Object Type": "ObjectType",
    "Parent Command": "ParentCommandLine",
    "Parent Process Path": "ParentImage",
    "Pipe Name": "PipeName",
    "Process ID": "ProcessID",
    "Process Name": "Image",
    "Process Path": "Image",
    "Rule Name": "RuleName",
    "SAM Account Name": "SamAccountName",
    "Service Filename": "ImagePath",
    "Service Name": "ServiceName",
    "Share Name": "ShareName",
    "Source Process Path": "SourceImage",
    "Target Process Path": "TargetImage",
    "Target Username": "TargetUserName",
    "Task Name": "TaskName",
    "Ticket Encryption Type": "TicketEncryptionType",
    "Username": "User",
    "destinationip": "DestinationIp",
}
REGISTRY = {"registry_add", "registry_delete", "registry_event", "registry_set"}
ORIGINAL = {"image_load", "process_creation"}

# What a log source means: channel and event ids, as Sigma's pipelines for Sysmon and Windows have it.
# Sources that are not here are no condition.
SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
SOURCES = {
    "create_remote_thread": (SYSMON, [8]),
    "create_stream_hash": (SYSMON, [15]),
    "dns_query": (SYSMON, [22]),
    "driver_load": (SYSMON, [6]),
    "file_change": (SYSMON, [2]),
    "file_delete": (SYSMON, [23, 26]),
    "file_event": (SYSMON, [11]),
    "file_executable_detected": (SYSMON, [29]),
    "image_load": (SYSMON, [7]),
    "network_connection": (SYSMON, [3]),
    "pipe_created": (SYSMON, [17, 18]),
    "process_access": (SYSMON, [10]),
    "process_creation": (SYSMON, [1]),
    "ps_classic_start": ("Windows PowerShell", [400]),
    "ps_module": (POWERSHELL, [4103]),
    "ps_script": (POWERSHELL, [4104]),
    "registry_add": (SYSMON, [12]),
    "registry_delete": (SYSMON, [12]),
    "registry_event": (SYSMON, [12, 13, 14]),
    "registry_set": (SYSMON, [13]),
    "wmi_event": (SYSMON, [19, 20, 21]),
    "application": ("Application", []),
    "codeintegrity-operational": ("Microsoft-Windows-CodeIntegrity/Operational", []),
    "msexchange-management": ("MSExchange Management", []),
    "powershell": (POWERSHELL, []),
    "powershell-classic": ("Windows PowerShell", []),
    "security": ("Security", []),
    "sysmon": (SYSMON, []),
    "system": ("System", []),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler/Operational", []),
    "windefend": ("Microsoft-Windows-Windows Defender/Operational", []),
}

TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|\"([^\"]*)\"|([A-Za-z_]\w*|\d+)|([()=,*]))")


class Unknown(Exception):
    """Something that the backend is not known to write."""


class Reader:
    """Reads one query into a condition."""

    def __init__(self, text, category):
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise Unknown(text[at : at + 20])
            kind = ("text", "column", "word", "sign")[match.lastindex - 1]
            self.tokens.append((kind, match[match.lastindex]))
            at = match.end()
        self.at = 0
        self.category = category
        # In rules about the registry a path has three names at once.
        self.keys = '"Object Name"' in text

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def accept(self, *words):
        """The words, if they come next."""
        for ahead, word in enumerate(words):
            kind, text = self.peek(ahead)
            if kind not in ("word", "sign") or text.upper() != word:
                return False
        self.at += len(words)
        return True

    def expect(self, word):
        if not self.accept(word):
            raise Unknown(f"{self.peek()[1]} in the place of {word}")

    def value(self, kind):
        found, text = self.peek()
        if found != kind:
            raise Unknown(text)
        self.at += 1
        return text.replace("''", "'") if kind == "text" else text

    def query(self):
        for word in ("SELECT", "*", "FROM", "EVENTS", "WHERE", "DEVICETYPE"):
            self.expect(word)
        # Which log sources: all that is measured is of Windows.
        if self.accept("IN", "("):
            while not self.accept(")"):
                self.at += 1
                if self.peek()[0] == "end":
                    raise Unknown("the end of the query")
        else:
            self.expect("=")
            self.value("word")
        self.expect("AND")
        condition = self.either()
        if self.peek()[0] != "end":
            raise Unknown(self.peek()[1])
        return condition

    def either(self):
        return self.series("OR", self.both)

    def both(self):
        return self.series("AND", self.single)

    def series(self, word, read):
        terms = [read()]
        while self.accept(word):
            terms.append(read())
        return joined(word.lower(), terms)

    def single(self):
        if self.accept("NOT"):
            return ("not", self.single())
        if self.accept("("):
            inner = self.either()
            self.expect(")")
            return inner
        return self.test()

    def test(self):
        column, folded = self.column()
        if self.accept("LIKE"):
            pattern = self.value("text")
            return ("like", column, pattern) if folded else ("cased", column, pattern)
        if self.accept("MATCHES"):
            return ("matches", column, self.value("text"))
        if self.accept("IS", "NULL"):
            return ("null", column)
        if self.accept("IN", "("):
            terms = [self.equal(column)]
            while self.accept(","):
                terms.append(self.equal(column))
            self.expect(")")
            return joined("or", terms)
        self.expect("=")
        return self.equal(column)

    def equal(self, column):
        kind, text = self.peek()
        if kind == "text" and not (column == "EventID" and text.isdecimal()):
            return ("is", column, self.value("text"))
        if kind == "text":
            return ("eq", column, int(self.value("text")))
        text = self.value("word")
        return ("eq", column, int(text)) if text.isdecimal() else ("is", column, text)

    def column(self):
        """The field, and whether case does not matter."""
        if self.accept("LOWER", "("):
            column = self.column()[0]
            self.expect(")")
            return column, True
        if self.accept("UTF8", "(", "PAYLOAD", ")"):
            return "payload", False
        if self.accept("CONCAT", "("):
            return self.concatenation(), False
        kind, text = self.peek()
        if kind not in ("word", "column"):
            raise Unknown(text)
        self.at += 1
        return self.field(text), False

    def concatenation(self):
        """Texts, and perhaps a column at their end: a folder that no event has, and the name of the
        file; or the names of hashes, where the rule has the field with all of them."""
        while self.peek()[0] == "text":
            self.at += 1
            if self.accept(")"):
                return "Hashes"
            self.expect(",")
        column = self.column()[0]
        self.expect(")")
        return column

    def field(self, name):
        category = self.category
        if category in REGISTRY and (name in ("Object Name", "Target Process Name")):
            return "TargetObject"
        if category in REGISTRY and name == "Process Name" and self.keys and self.is_key():
            return "TargetObject"
        if name == "Filename":
            return "OriginalFileName" if category in ORIGINAL else "TargetFilename"
        if name == "filename":
            return "ImageLoaded"
        return FIELDS.get(name, name.replace(" ", ""))

    def is_key(self):
        """Does the next text occur as the name of a registry key, too?"""
        after = [text for kind, text in self.tokens[self.at : self.at + 6] if kind == "text"][:1]
        named = [i for i, token in enumerate(self.tokens) if token == ("column", "Object Name")]
        return any(text == after[0] for i in named for _, text in self.tokens[i : i + 6] if after)


def joined(word, terms):
    """A series without doubles: what was one field may be two properties."""
    flat = []
    for term in terms:
        for inner in term[1] if term[0] == word else [term]:
            if inner not in flat:
                flat.append(inner)
    return flat[0] if len(flat) == 1 else (word, flat)


class Rule:
    """A rule: its AQL as it stands in the file, the condition read from it, what its log source means."""

    def __init__(self, name, row):
        source = row["logsource"]
        self.name = name
        self.aql = row["aql"]
        self.condition = Reader(self.aql, source.get("category")).query()
        # A converter that knows no property for a field looks for its value in the raw event; an
        # underscore, plain in Sigma, is any character to LIKE; and two backslashes in a row, which no
        # path has, are read as one. Rules without these mean the same to both sides.
        texts = "".join(re.findall("'(?:[^']|'')*'", self.aql))
        self.means_the_same = not ("payload" in self.aql or "_" in texts or "\\\\" in texts)
        self.channel, self.ids = SOURCES.get(source.get("category") or source.get("service"), (None, []))

    def in_aql(self):
        """The rule in AQL, over the fields of the log (profile `raw`) that the rule is about."""
        terms = [("is", "Channel", self.channel)] if self.channel else []
        if self.ids:
            terms.append(joined("or", [("eq", "EventID", number) for number in self.ids]))
        condition = joined("and", [*terms, self.condition])
        return f"SELECT * FROM events WHERE {conditions.aql(condition)}"

    def in_sigma(self, identifier, with_source):
        """The rule for tools that read Sigma. JSON is YAML."""
        writer = Writer()
        expression = writer.expression(self.condition)
        detections = {f"s{n}": maps for n, maps in enumerate(writer.detections, 1)}
        if with_source and self.channel:
            source = {"Event.System.Channel|cased": self.channel}
            if self.ids:
                source["Event.System.EventID"] = self.ids
            # Last: rsigma is two to three times as fast then as with it in front.
            detections["source"] = source
            expression += " and source"
        return json.dumps(
            {
                "title": self.name,
                "id": identifier,
                "status": "test",
                "level": "low",
                "logsource": {"product": "windows"},
                "detection": detections | {"condition": expression},
            },
            ensure_ascii=False,
            indent=1,
        )


def rules(file):
    """The rules for Windows, and how each that could not be read begins to be unknown."""
    known, unread = [], []
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["logsource"].get("product") != "windows":
                continue
            name = f"sigma-{len(known) + len(unread):04}"
            try:
                known.append(Rule(name, row))
            except Unknown as reason:
                unread.append((name, str(reason)))
    return known, unread


# As Sigma, for events in the shape that `evtx_dump` gives them.

SYSTEM = {
    "EventID": ["Event.System.EventID", "Event.System.EventID.#text"],
    "ProcessID": ["Event.System.Execution.#attributes.ProcessID", "Event.EventData.ProcessID"],
}


def paths(field):
    return SYSTEM.get(field, [f"Event.EventData.{field}"])


def escaped(text):
    return re.sub(r"([\\*?])", r"\\\1", text)


def wildcards(pattern):
    return escaped(pattern).replace("%", "*")


def detection(test):
    """A test as key and value of a detection; the key without the field."""
    match test:
        case ("like" | "cased" as kind, _, pattern):
            head, tail = pattern.startswith("%"), pattern.endswith("%") and len(pattern) > 1
            value = wildcards(pattern[head : len(pattern) - tail])
            shape = {(True, True): "|contains", (True, False): "|endswith", (False, True): "|startswith"}
            return shape.get((head, tail), "") + ("|cased" if kind == "cased" else ""), value
        case ("is", _, text):
            return "|cased", escaped(text)
        case ("eq", _, number):
            return "", number
        case ("matches", _, regex):
            return "|re", regex
        case ("null", _):
            return "", None


class Writer:
    """Writes a condition as detections, and as an expression over their names."""

    def __init__(self):
        self.detections = []

    def name(self, maps):
        self.detections.append(maps)
        return f"s{len(self.detections)}"

    def expression(self, c):
        match c:
            case ("not", term):
                return f"not {self.expression(term)}"
            case ("or", terms):
                # Tests are one detection: keywords, or a list of maps of which one has to hold.
                simple = [t for t in terms if t[0] not in ("and", "or", "not")]
                names = [self.expression(t) for t in terms if t not in simple]
                words = [detection(t)[1] for t in simple if t[1] == "payload"]
                maps = {}
                for test in simple:
                    if test[1] != "payload":
                        key, value = detection(test)
                        for path in paths(test[1]):
                            maps.setdefault(path + key, []).append(value)
                if words:
                    names.append(self.name(words))
                if maps:
                    names.append(self.name([{key: values} for key, values in maps.items()]))
                return self.several("or", names)
            case ("and", terms):
                return self.several("and", [self.expression(t) for t in terms])
            case _:
                return self.expression(("or", [c]))

    @staticmethod
    def several(word, names):
        return names[0] if len(names) == 1 else "(" + f" {word} ".join(names) + ")"
