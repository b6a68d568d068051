/* The Python module: a Decoder that is given bytes and gives buffers. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "rows.h"

typedef struct {
    PyObject_HEAD
    Decoder decoder;
    int busy;
} DecoderObject;

static int width_of(int target) {
    switch (target) {
    case INT8:
    case UINT8:
        return 1;
    case INT16:
    case UINT16:
        return 2;
    case INT32:
    case UINT32:
    case FLOAT32:
    case DATE32:
        return 4;
    case INT64:
    case UINT64:
    case FLOAT64:
    case TIMESTAMP:
    case TIME64:
    case OID:
        return 8;
    case DECIMAL:
        return 16;
    case BOOL:
        return BITS;
    default:
        return VARIABLE;
    }
}

/* Set up a column from (target, wire, unsigned, decimals, precision, scale). */
static int set_up_column(Column *column, int protocol, PyObject *description) {
    int target, wire, is_unsigned, precision;
    if (!PyArg_ParseTuple(description, "iipiii", &target, &wire, &is_unsigned, &column->decimals, &precision,
                          &column->scale))
        return -1;
    column->width = width_of(target);
    column->is_signed = !is_unsigned;
    column->counts_digits = target == NUMERIC_TEXT;
    column->limit = 1;
    if (target == DECIMAL && (precision < 1 || precision > 38 || column->scale < 0 || column->scale > precision)) {
        PyErr_SetString(PyExc_ValueError, "no precision and scale of a decimal128");
        return -1;
    }
    for (int i = 0; target == DECIMAL && i < precision; i++) column->limit *= 10;
    if (column->decimals < 0) column->decimals = 0;
    column->read = protocol == MYSQL ? mysql_reader(column, target, wire) : postgres_reader(target);
    if (column->read == NULL) {
        PyErr_SetString(PyExc_ValueError, "the wire's type does not become the target");
        return -1;
    }
    return 0;
}

static PyObject *decoder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    int protocol;
    PyObject *descriptions;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "iO!", &protocol, &PyTuple_Type, &descriptions)) return NULL;
    Py_ssize_t count = PyTuple_Size(descriptions);
    if (protocol < MYSQL || protocol > COPY_MESSAGES || count < 1 || count > 65535) {
        PyErr_SetString(PyExc_ValueError, "no such protocol, or no columns");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    DecoderObject *self = (DecoderObject *)allocate(type, 0);
    if (self == NULL) return NULL;
    Decoder *decoder = &self->decoder;
    decoder->protocol = protocol;
    decoder->sequence = -1;
    decoder->columns = calloc((size_t)count, sizeof(Column));
    decoder->extents = calloc((size_t)count, sizeof(Extent));
    if (decoder->columns == NULL || decoder->extents == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    decoder->count = (int)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (set_up_column(&decoder->columns[i], protocol, PyTuple_GetItem(descriptions, i)) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return (PyObject *)self;
}

static void decoder_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    free_columns(&((DecoderObject *)object)->decoder);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static int check_idle(const DecoderObject *self) {
    if (!self->busy) return 0;
    PyErr_SetString(PyExc_RuntimeError, "another thread is using this decoder");
    return -1;
}

static int decode(Decoder *decoder, const Py_buffer *view, size_t max_rows, size_t *used) {
    const uint8_t *data = view->buf;
    size_t size = (size_t)view->len;
    switch (decoder->protocol) {
    case MYSQL:
        return decode_packets(decoder, data, size, max_rows, used);
    case COPY:
        return decode_copy(decoder, data, size, max_rows, used);
    default:
        return decode_messages(decoder, data, size, max_rows, used);
    }
}

static PyObject *decoder_decode(PyObject *object, PyObject *arguments) {
    DecoderObject *self = (DecoderObject *)object;
    Py_buffer view;
    Py_ssize_t max_rows;
    size_t used = 0;
    int outcome;
    if (check_idle(self) < 0 || !PyArg_ParseTuple(arguments, "y*n", &view, &max_rows)) return NULL;
    self->busy = 1;
    Py_BEGIN_ALLOW_THREADS
    outcome = decode(&self->decoder, &view, max_rows < 0 ? 0 : (size_t)max_rows, &used);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    PyBuffer_Release(&view);
    return outcome == NO_MEMORY ? PyErr_NoMemory() : Py_BuildValue("ni", (Py_ssize_t)used, outcome);
}

static PyObject *bytes_of(const void *at, size_t size) {
    return PyBytes_FromStringAndSize(at, (Py_ssize_t)size);
}

/* Return (nulls, validity, values, offsets or None) of a column. */
static PyObject *buffers_of(const Column *column, size_t rows) {
    static const int32_t NO_ROWS[1] = {0};
    size_t bits = (rows + 7) / 8;
    PyObject *validity = column->nulls ? bytes_of(column->validity, bits) : Py_NewRef(Py_None);
    PyObject *values, *offsets = Py_NewRef(Py_None);
    if (column->width == VARIABLE) {
        values = bytes_of(column->text.at, column->text.size);
        Py_DECREF(offsets);
        offsets = bytes_of(column->offsets ? column->offsets : NO_ROWS, (rows + 1) * sizeof(int32_t));
    } else {
        values = bytes_of(column->values, column->width == BITS ? bits : rows * (size_t)column->width);
    }
    if (validity == NULL || values == NULL || offsets == NULL) {
        Py_XDECREF(validity);
        Py_XDECREF(values);
        Py_XDECREF(offsets);
        return NULL;
    }
    return Py_BuildValue("nNNN", (Py_ssize_t)column->nulls, validity, values, offsets);
}

static PyObject *decoder_take(PyObject *object, PyObject *unused) {
    DecoderObject *self = (DecoderObject *)object;
    Decoder *decoder = &self->decoder;
    (void)unused;
    if (check_idle(self) < 0) return NULL;
    PyObject *columns = PyList_New(0);
    if (columns == NULL) return NULL;
    for (int i = 0; i < decoder->count; i++) {
        PyObject *buffers = buffers_of(&decoder->columns[i], decoder->rows);
        int failed = buffers == NULL || PyList_Append(columns, buffers) < 0;
        Py_XDECREF(buffers);
        if (failed) {
            Py_DECREF(columns);
            return NULL;
        }
    }
    begin_batch(decoder);
    return columns;
}

static PyObject *decoder_refused(PyObject *object, PyObject *unused) {
    DecoderObject *self = (DecoderObject *)object;
    (void)unused;
    if (check_idle(self) < 0) return NULL;
    PyObject *found = PyList_New(0);
    for (int i = 0; found != NULL && i < self->decoder.count; i++) {
        const Column *column = &self->decoder.columns[i];
        if (column->refused == 0) continue;
        PyObject *entry = Py_BuildValue("iLLN", i, (long long)column->refused, (long long)column->first_refused,
                                        bytes_of(column->refused_value.at, column->refused_value.size));
        if (entry == NULL || PyList_Append(found, entry) < 0) Py_CLEAR(found);
        Py_XDECREF(entry);
    }
    return found;
}

static PyObject *decoder_problem(PyObject *object, PyObject *unused) {
    const Problem *problem = &((DecoderObject *)object)->decoder.problem;
    (void)unused;
    return Py_BuildValue("iLiLL", problem->number, (long long)problem->row, problem->column,
                         (long long)problem->first, (long long)problem->second);
}

static PyObject *decoder_rows(PyObject *object, void *unused) {
    (void)unused;
    return PyLong_FromSize_t(((DecoderObject *)object)->decoder.rows);
}

static PyObject *decoder_nbytes(PyObject *object, void *unused) {
    (void)unused;
    return PyLong_FromLongLong(((DecoderObject *)object)->decoder.nbytes);
}

static PyMethodDef METHODS[] = {
    {"decode", decoder_decode, METH_VARARGS, "Decode whole rows; return the bytes used up and the outcome."},
    {"take", decoder_take, METH_NOARGS, "Return the columns' buffers and begin a new batch."},
    {"refused", decoder_refused, METH_NOARGS, "Return (column, count, first row, its value) for each that has any."},
    {"problem", decoder_problem, METH_NOARGS, "Return the number, row, column and two numbers of the fault."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef GETTERS[] = {
    {"rows", decoder_rows, NULL, "Rows in the open batch.", NULL},
    {"nbytes", decoder_nbytes, NULL, "Bytes of the open batch's rows.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_new, decoder_new},
    {Py_tp_dealloc, decoder_dealloc},
    {Py_tp_methods, METHODS},
    {Py_tp_getset, GETTERS},
    {Py_tp_doc, "Decodes the rows of one result."},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "dataduct.connectors.decoding._rows.Decoder",
    .basicsize = sizeof(DecoderObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

static int add_decoder(PyObject *module) {
    PyObject *type = PyType_FromSpec(&SPEC);
    if (type == NULL) return -1;
    int outcome = PyModule_AddObjectRef(module, "Decoder", type);
    Py_DECREF(type);
    return outcome;
}

static PyModuleDef_Slot MODULE_SLOTS[] = {
    {Py_mod_exec, add_decoder},
    {0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_rows",
    .m_doc = "The compiled decoder of rows.",
    .m_size = 0,
    .m_slots = MODULE_SLOTS,
};

PyMODINIT_FUNC PyInit__rows(void) { return PyModuleDef_Init(&MODULE); }
