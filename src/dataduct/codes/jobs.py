"""Codes DD280 to DD284 and DD870 to DD879: jobs on cluster engines."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD280",
        title="job that needs a cluster",
        meaning="A step submits a job of a kind that the engine cannot run: an `emr-step` needs an Amazon EMR cluster, "
        "and this engine works on one machine.",
        remedy="For a mapper and a reducer of Hadoop streaming use `emr-streaming`, which runs on this machine. For "
        "anything else use `transform` with the command that does it.",
        example="step_type: emr-step         # needs a cluster\nstep_type: emr-streaming    # runs here",
    ),
    CodeEntry(
        code="DD281",
        title="wrong option of a streaming job",
        meaning="An entry of `hadoop_params` is no option of Hadoop streaming, has no valid value, or asks for "
        "something that only a cluster can do and that the result depends on, such as another input format.",
        remedy="Write the options as on Hadoop's command line, one word or one option with its value an entry. "
        "`dataduct steps emr-streaming` lists those that have an effect.",
        example="hadoop_params: [-D, mapreduce.job.reduces=4]",
    ),
    CodeEntry(
        code="DD282",
        title="script for Python 2",
        meaning="A mapper, reducer or combiner holds statements that Python 3 cannot read, such as "
        "`print 'text'`. It is run with `python2`, which few machines still have.",
        remedy="Bring the script to Python 3. The message names the first such line.",
    ),
    CodeEntry(
        code="DD283",
        title="program that only a cluster runs",
        meaning="A mapper or reducer is a Java class or lies in S3. A job on this machine runs scripts of the project "
        "and commands.",
        remedy="Put the script in the project and name it by its path; use `cat` in place of Hadoop's identity "
        "classes.",
    ),
    CodeEntry(
        code="DD284",
        title="streaming job without input",
        meaning="A streaming job maps the lines of a dataset, and the step is given none: the step before it writes no "
        "dataset or several, and neither `input_node` nor `input_path` is written.",
        remedy="Name the dataset with `input_node`, or the files with `input_path`.",
    ),
    CodeEntry(
        code="DD870",
        title="no Python 2 for a script",
        meaning="A script is written for Python 2, and there is no `python2` on the PATH that can be started.",
        remedy="Bring the script to Python 3, or put `python2` on the PATH of the machine that runs the step.",
    ),
    CodeEntry(
        code="DD871",
        title="task that failed",
        meaning="The mapper, the reducer or the combiner of a task ended with an exit code other than 0, or a signal "
        "ended it. The other tasks were stopped and nothing was published.",
        remedy="Read the task's last lines below the message, and all of them with `dataduct logs`, where each begins "
        "with the task's name. SIGKILL often means that the system ran out of memory. "
        "`-D stream.non.zero.exit.is.failure=false` lets exit codes pass.",
    ),
    CodeEntry(
        code="DD872",
        title="task that cannot be started",
        meaning="The system refused to start a program of the job: it is missing or not executable, its first line "
        "names an interpreter that is not installed, or a file of the job's options is missing.",
        remedy="Make the script executable and give it a first line such as `#!/usr/bin/env bash`. Scripts that end "
        "in `.py` and `.sh` need neither.",
    ),
    CodeEntry(
        code="DD873",
        title="lines of a job that cannot be read, sorted or kept",
        meaning="A file of the input is damaged, or the disk of the temporary directory is full: between map and "
        "reduce tasks all lines rest there once, and once more while they are sorted.",
        remedy="Free space in the temporary directory, or name another one in the environment variable TMPDIR. Copy "
        "a damaged file again.",
    ),
    CodeEntry(
        code="DD874",
        title="no program to sort lines",
        meaning="The lines between map and reduce tasks are sorted by the program `sort` of GNU coreutils or of macOS, "
        "and there is none on the PATH.",
        remedy="Install GNU coreutils.",
    ),
)
