"""The words that callers may send, each bounded so that none can become an option, a path or a registry switch.

A word's description is its form, as a refusal says it: "must be …".
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

# `$` alone also matches before a trailing newline; the lookahead closes that in Python and in JSON Schema alike.
END = r"$(?!\n)"

_NUMBER = "(0|[1-9][0-9]{0,8})"
# Each part as semver wants it: a number without leading zeros, or with a letter or - in it.
_PART = f"({_NUMBER}|[0-9]{{0,20}}[A-Za-z-][0-9A-Za-z-]{{0,40}})"
_EXACT = rf"{_NUMBER}(\.{_NUMBER}){{2}}(-{_PART}(\.{_PART}){{0,7}})?"

Name = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9-]{{0,40}}{END}", description="lower case letters, digits and -")]
HostName = Annotated[str, Meta(pattern=rf"^[a-z0-9][a-z0-9.-]{{0,100}}{END}", description="a worker host's name")]
Version = Annotated[str, Meta(pattern=rf"^{_EXACT}{END}", max_length=100, description="an exact semantic version")]
Target = Annotated[
    str,
    Meta(pattern=rf"^(latest|{_EXACT}){END}", max_length=100, description="an exact semantic version, or latest"),
]
Identifier = Annotated[
    str, Meta(pattern=rf"^[A-Za-z_][A-Za-z0-9_-]{{0,37}}{END}", description="a database's or role's name")
]
Address = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)(/[A-Za-z0-9_./-]{{1,99}}|::|(::)?[A-Za-z0-9][A-Za-z0-9.:-]{{0,250}}){END}",
        description="a host",
    ),
]
Folder = Annotated[
    str, Meta(pattern=rf"^(?!.*\.\.)/[A-Za-z0-9_./-]{{1,200}}{END}", description="an absolute path of a folder")
]
Port = Annotated[int, Meta(ge=1, le=65535)]
SecretRef = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)(env:ASTROLABE_SECRET_[A-Z0-9_]{{1,80}}|file:/[A-Za-z0-9_./-]{{1,200}}){END}",
        description="where the worker finds the secret: env:ASTROLABE_SECRET_NAME or file:/run/secrets/name",
    ),
]
SettingName = Annotated[
    str, Meta(pattern=rf"^[A-Z][A-Z0-9_]{{0,63}}{END}", description="capital letters, digits and _")
]
VariableName = Annotated[
    str, Meta(pattern=rf"^[A-Za-z_][A-Za-z0-9_]{{0,127}}{END}", description="an environment variable's name")
]
_LABEL_NAME, _LABEL_VALUE = "[a-z][a-z0-9-]{0,40}", "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_LABELS = f"{_LABEL_NAME}={_LABEL_VALUE}(,{_LABEL_NAME}={_LABEL_VALUE}){{0,9}}"
LabelValue = Annotated[str, Meta(pattern=rf"^{_LABEL_VALUE}{END}", description="letters, digits and ._-")]
LabelSelector = Annotated[
    str, Meta(pattern=rf"^{_LABELS}{END}", description="labels such as team=payments, or team=payments,stage=live")
]
GrantedScope = Annotated[
    str,
    Meta(
        pattern=rf"^(admin|(read|configure|operate|approve)(:{_LABELS})?){END}",
        description="read, configure, operate, approve or admin, all but admin also as in operate:team=payments",
    ),
]
_OWNER = "[a-z0-9][a-z0-9._@+-]{0,99}"
OwnerName = Annotated[str, Meta(pattern=rf"^{_OWNER}{END}", description="lower case letters, digits and ._@+-")]
Owner = Annotated[str, Meta(pattern=rf"^(person|service):{_OWNER}{END}", description="person:NAME, or service:NAME")]
_SAID_ELSEWHERE = "host|hostaddr|port|user|password|dbname|database|passfile|sslpassword"
ParameterName = Annotated[
    str,
    Meta(
        pattern=rf"^(?!({_SAID_ELSEWHERE}){END})[a-z][A-Za-z_]{{0,62}}{END}",
        description="a parameter of a connection string; none that says where the server is, who asks, or a password",
    ),
]
# Printable: what is shown in a terminal must not steer it, and PostgreSQL's text holds no NUL.
_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f]"
SettingValue = Annotated[
    str, Meta(max_length=500, pattern=rf"^{_PRINTABLE}*{END}", description="printable text of one line")
]
Reason = Annotated[
    str,
    Meta(min_length=1, max_length=500, pattern=rf"^{_PRINTABLE}+{END}", description="printable text of one line"),
]
Impact = Annotated[
    str,
    Meta(min_length=1, max_length=1000, pattern=rf"^{_PRINTABLE}+{END}", description="printable text of one line"),
]
_TICKET = r"A-Za-z0-9._:/#@=?&%+~-"
Ticket = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9#][{_TICKET}]{{0,99}}{END}",
        description="a ticket's number or address: letters, digits and ._:/#@=?&%+~-",
    ),
]
TicketPattern = Annotated[
    str,
    Meta(
        pattern=rf"^[*!\[\]{_TICKET}]{{1,100}}{END}",
        description="what all of a ticket must look like: * is any text, ? any character, [0-9] one of these",
    ),
]
Sha256 = Annotated[str, Meta(pattern=rf"^[0-9a-f]{{64}}{END}", description="a SHA-256 in hexadecimal")]
Moment = Annotated[datetime, Meta(tz=True)]

Kind = Literal["npx", "compose", "cli"]
Step = Literal["preflight", "backup", "pull", "migrate", "verify", "rollback"]
STEPS: tuple[Step, ...] = ("preflight", "backup", "pull", "migrate", "verify")
Outcome = Literal["succeeded", "refused", "rejected", "expired", "failed", "cancelled", "rolled_back", "unwell"]
Cutover = Literal["verified", "at-once"]
Cause = Literal["failure", "cancel", "request", "retry"]
