"""Hours: when a contact may be notified, by the clock of its own time zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated

from msgspec import Meta, Struct

from astrolabe.domain.words import END

TimeOfDay = Annotated[
    str, Meta(pattern=rf"^([01][0-9]|2[0-3]):[0-5][0-9]{END}", description="a time of day such as 07:30")
]
ZoneName = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)[A-Za-z][A-Za-z0-9_+/-]{{0,63}}{END}",
        description="a time zone such as Europe/Berlin",
    ),
]
DAY = timedelta(days=1)


class QuietHours(Struct, frozen=True):
    """A part of every day in which nobody is notified; it goes over midnight where it ends before it begins."""

    begin: TimeOfDay
    """When it begins, by the contact's clock."""
    end: TimeOfDay
    """When it ends, by the contact's clock."""


class Hours(Struct, frozen=True):
    """When a contact may be notified: outside of its quiet hours, and where it has digests, at their times alone."""

    quiet: QuietHours | None = None
    digests: tuple[TimeOfDay, ...] = ()

    def due(self, at: datetime, zone: tzinfo) -> datetime:
        """Return when something of a moment may be sent: then, or at the first digest or end of quiet after it."""
        if not self.digests:
            return self.after_quiet(at, zone)
        here = at.astimezone(zone).date()
        times = (_moment(here + day * DAY, each, zone) for day in (-1, 0, 1, 2) for each in self.digests)
        return self.after_quiet(min(each for each in times if each > at), zone)

    def after_quiet(self, at: datetime, zone: tzinfo) -> datetime:
        """Return a moment itself, or the end of the quiet hours that it lies in."""
        quiet = self.quiet
        if quiet is None or quiet.begin == quiet.end:
            return at
        over_midnight = quiet.end < quiet.begin
        here = at.astimezone(zone).date()
        for day in (here - DAY, here):
            begin = _moment(day, quiet.begin, zone)
            end = _moment(day + DAY if over_midnight else day, quiet.end, zone)
            if begin <= at < end:
                return end
        return at


def _moment(day: date, at: TimeOfDay, zone: tzinfo) -> datetime:
    """Return a time of a day as a moment; one that a change of clocks leaves out is as long after midnight as usual."""
    return datetime.combine(day, time.fromisoformat(at), tzinfo=zone).astimezone(UTC)
