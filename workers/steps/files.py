"""What the steps do with the folders beside the database: prepare a copy, bring it up to date, put it back."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from astrolabe.domain.instances.file_rules import KeptFolder
from astrolabe.domain.plans.rollback_point import FilesCopy, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Run
from astrolabe.domain.words import Step
from astrolabe.store.progress import Amount
from astrolabe.workers.files.copying import Copying, Unsettled
from astrolabe.workers.files.entry import Unkeepable
from astrolabe.workers.files.instance_files import InstanceFiles, Moved
from astrolabe.workers.files.restoring import Damaged
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.kept_folders import has_empty, kept_folders
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import mark_of
from astrolabe.workers.steps.retry import retry

T = TypeVar("T")

ATTEMPTS: Final = 3
PAUSE_SECONDS: Final = 1.0
HOPELESS: Final = {"files-moved", "files-copy-damaged"}
"""What another attempt cannot mend."""


def files_of(context: StepContext) -> InstanceFiles:
    """Return the copies of an instance's folders on this host."""
    return InstanceFiles(context.site.host.files(context.site.instance_id))


async def prepare_files(context: StepContext, run: Run) -> FilesCopy | None:
    """Copy the folders while they are in use, so that little is left to copy when they are not."""
    folders, files = await kept_folders(context.site, context.driver), files_of(context)
    if not folders:
        return None
    events = [each.event for each in context.recorder.history]
    recorded = [
        each.files for each in events if isinstance(each, e.BackupTaken | e.DatabaseCopied | e.DatabaseRestored)
    ]
    known = {each.manifest for each in recorded if each} | {str(files.where(mark_of(run, "before")))}
    await _in_thread(files.forget_strays, known)
    return await _copied(context, "backup", run, folders, settled=False)


async def refresh_files(context: StepContext, state: s.BackedUp) -> None:
    """Copy once more what has changed since, just before the instance is stopped."""
    if state.files:
        folders = await _in_thread(files_of(context).prepared, mark_of(state.run, "before"))
        await _copied(context, "pull", state.run, folders, settled=False)


async def would_be_filled(context: StepContext, state: s.Stopping) -> bool:
    """Return whether a folder that is kept has nothing in it, before the instance's first leg.

    An engine fills an empty volume from the image of a container that it makes: that has to wait for the copy.
    """
    if context.site.config.compose is None or state.files is None or state.legs:
        return False
    folders = await _in_thread(files_of(context).prepared, mark_of(state.run, "before"))
    return await _in_thread(has_empty, folders)


async def copy_files(context: StepContext, state: s.Stopped) -> FilesCopy | None:
    """Bring the copy up to date with what the stopped instance left; before its first leg alone."""
    if state.files is None or state.legs:
        return None
    # Of a stopped project nobody can see any more which they were, so it is what was prepared.
    folders = await _in_thread(files_of(context).prepared, mark_of(state.run, "before"))

    async def settled() -> FilesCopy:
        try:
            return await _copied(context, "migrate", state.run, folders, settled=True)
        except (Unsettled, FileNotFoundError) as error:
            raise StepFailed(
                "files-written",
                f"Though the instance is stopped, somebody still writes to the files that are kept: {error}",
                todo="Stop whoever writes there, or leave that folder out of the rollback point, then retry.",
            ) from None

    return await retry(settled, attempts=ATTEMPTS, pause=PAUSE_SECONDS, hopeless=HOPELESS)


async def put_files_back(context: StepContext, state: s.RollingBack) -> FilesCopy | None:
    """Keep the folders as the new version left them, then make them what they were; None where none is put back."""
    run, back, files = state.run, state.back, files_of(context)
    if back.files is None or not back.migrated:
        return None
    before, mark = back.files, mark_of(run, "after")
    kept = await _in_thread(files.recorded, mark)
    if kept is None:  # else a worker before us made it, and the folders may be half of one state and half of another
        folders = await _in_thread(files.folders, before)
        kept = await _copied(context, "rollback", run, folders, settled=False, which="after")
    await context.recorder.progress("rollback", f"putting {before.files:,} files back")
    await _in_thread(files.put_back, before, mark)
    return kept


async def files_are_put_back(context: StepContext, state: s.RollingBack) -> bool:
    """Return whether a worker before us has begun to put the folders back, so that nothing can be counted there."""
    return await _in_thread(files_of(context).recorded, mark_of(state.run, "after")) is not None


async def note_cutover(context: StepContext, state: s.Copied | s.Verified) -> None:
    """Note when others are let in: what they write from here on is counted before it is left behind."""
    if state.files:
        files = files_of(context)
        await _in_thread(files.note, files.cutover(mark_of(state.run, "new")))


async def discard_files(context: StepContext, manifest: str) -> None:
    """Delete a copy that was kept long enough."""
    await _in_thread(files_of(context).discard, manifest)


async def with_files(context: StepContext, writes: Writes) -> Writes:
    """Add the files that were written since others were let in to the rows that were."""
    match context.state:
        case s.Assessing(run=run, point=point):
            copy = point.files
        case s.RollingBack(run=run, back=back):
            copy = back.files
        case s.Serving(prepared=prepared):
            run, copy = prepared.run, prepared.files
        case _:
            return writes
    if copy is None:
        return writes
    files = files_of(context)
    counted = await _in_thread(files.written_since, copy, mark_of(run, "new"))
    if counted is None or writes.total is None:
        return Writes(None, writes.tables, writes.epoch)
    tables = {f"files in {root}": count for root, count in counted.items() if count}
    return Writes(writes.total + sum(tables.values()), {**writes.tables, **tables}, writes.epoch)


async def _copied(
    context: StepContext,
    step: Step,
    run: Run,
    folders: tuple[KeptFolder, ...],
    *,
    settled: bool,
    which: str = "before",
) -> FilesCopy:
    files = files_of(context)
    copying = Copying(files.contents, settled=settled)

    async def report() -> None:
        while True:
            await asyncio.sleep(1)
            await context.recorder.progress(step, "copying files", Amount(copying.done, None, "bytes"))

    watch = asyncio.create_task(report())
    try:
        return await _in_thread(
            lambda: files.copy(mark_of(run, which), folders, copying, moved=not settled), call_off=copying.call_off
        )
    except Moved as error:
        raise StepFailed(
            "files-moved",
            f"{error} is not the folder any more that was copied while the instance served.",
            todo="See what is mounted or moved there when the instance is stopped, then retry.",
        ) from None
    finally:
        watch.cancel()


async def _in_thread(work: Callable[..., T], *args: object, call_off: Callable[[], None] = lambda: None) -> T:
    """Do blocking work, and never leave it running behind: whoever comes after would meet it."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        call_off()
        await asyncio.wait([task])
        raise
    except (Damaged, Unkeepable) as error:
        raise StepFailed("files-copy-damaged", str(error)) from None
