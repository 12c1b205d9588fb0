/* The bare loop, with no Python in it: times a .tflite on one thread of LiteRT's XNNPACK.

   c_loop MODEL VALUES SCORES SECONDS

   VALUES holds the values of the input tensor; those of the output go to the file SCORES. Warms up for SECONDS. Then,
   for each line of standard input, a number of runs, it prints what each of them took: nanoseconds, one a line. A run is
   the values in, the network, the scores out. Exit status 1 with a line on standard error where something cannot be
   done.

   The wheel of LiteRT brings the library and no headers. These are the functions of its C API that are needed, as of
   2.3; statuses are 0 where all went well: https://github.com/google-ai-edge/LiteRT/tree/main/litert/c */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *Handle;
typedef struct {
    int32_t element_type;
    uint32_t rank; /* and a bit for strides */
    int32_t sides[8];
    uint32_t strides[8];
} TensorType;
enum { PROCESSOR = 1, LOCK_TO_READ = 0, LOCK_TO_WRITE = 1 };

int LiteRtCreateEnvironment(int count, const void *options, Handle *environment);
int LiteRtCreateModelFromFile(Handle environment, const char *path, Handle *model);
int LiteRtCreateOptions(Handle *options);
int LiteRtSetOptionsHardwareAccelerators(Handle options, int accelerators);
int LiteRtCreateOpaqueOptions(const char *identifier, void *payload, void (*destroy)(void *), Handle *options);
int LiteRtAddOpaqueOptions(Handle options, Handle opaque);
int LiteRtCreateCompiledModel(Handle environment, Handle model, Handle options, Handle *compiled);
int LiteRtGetModelSignature(Handle model, size_t index, Handle *signature);
int LiteRtGetNumSignatureInputs(Handle signature, size_t *count);
int LiteRtGetNumSignatureOutputs(Handle signature, size_t *count);
int LiteRtGetSignatureInputTensorByIndex(Handle signature, size_t index, Handle *tensor);
int LiteRtGetSignatureOutputTensorByIndex(Handle signature, size_t index, Handle *tensor);
int LiteRtGetRankedTensorType(Handle tensor, TensorType *type);
int LiteRtGetCompiledModelInputBufferRequirements(Handle compiled, size_t signature, size_t index, Handle *needs);
int LiteRtGetCompiledModelOutputBufferRequirements(Handle compiled, size_t signature, size_t index, Handle *needs);
int LiteRtCreateManagedTensorBufferFromRequirements(Handle environment, const TensorType *type, Handle needs, Handle *buffer);
int LiteRtGetTensorBufferPackedSize(Handle buffer, size_t *bytes);
int LiteRtLockTensorBuffer(Handle buffer, void **memory, int mode);
int LiteRtUnlockTensorBuffer(Handle buffer);
int LiteRtRunCompiledModel(Handle compiled, size_t signature, size_t inputs, Handle *input, size_t outputs, Handle *output);

static void require(int is_done, const char *what) {
    if (!is_done) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}
#define DO(call) require((call) == 0, "LiteRT cannot do " #call)

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static Handle environment, compiled, input, output;
static size_t input_bytes, output_bytes;
static void *values, *scores;

static Handle make_buffer(Handle tensor, Handle needs, size_t *bytes) {
    TensorType type;
    Handle buffer;
    DO(LiteRtGetRankedTensorType(tensor, &type));
    for (int side = 0; side < 8; side++)
        if (type.sides[side] < 0) type.sides[side] = 1; /* open: one picture */
    DO(LiteRtCreateManagedTensorBufferFromRequirements(environment, &type, needs, &buffer));
    DO(LiteRtGetTensorBufferPackedSize(buffer, bytes));
    return buffer;
}

static void open_model(const char *path) {
    Handle model, options, threads, signature, tensor, needs;
    size_t inputs, outputs;
    DO(LiteRtCreateEnvironment(0, NULL, &environment));
    DO(LiteRtCreateModelFromFile(environment, path, &model));
    DO(LiteRtCreateOptions(&options));
    DO(LiteRtSetOptionsHardwareAccelerators(options, PROCESSOR));
    DO(LiteRtCreateOpaqueOptions("xnnpack", strdup("num_threads = 1\n"), free, &threads));
    DO(LiteRtAddOpaqueOptions(options, threads));
    DO(LiteRtCreateCompiledModel(environment, model, options, &compiled));
    DO(LiteRtGetModelSignature(model, 0, &signature));
    DO(LiteRtGetNumSignatureInputs(signature, &inputs));
    DO(LiteRtGetNumSignatureOutputs(signature, &outputs));
    require(inputs == 1 && outputs == 1, "the model has several inputs or outputs; the loop takes one of each");
    DO(LiteRtGetSignatureInputTensorByIndex(signature, 0, &tensor));
    DO(LiteRtGetCompiledModelInputBufferRequirements(compiled, 0, 0, &needs));
    input = make_buffer(tensor, needs, &input_bytes);
    DO(LiteRtGetSignatureOutputTensorByIndex(signature, 0, &tensor));
    DO(LiteRtGetCompiledModelOutputBufferRequirements(compiled, 0, 0, &needs));
    output = make_buffer(tensor, needs, &output_bytes);
}

static int64_t run(void) {
    void *memory;
    int64_t started = now();
    DO(LiteRtLockTensorBuffer(input, &memory, LOCK_TO_WRITE));
    memcpy(memory, values, input_bytes);
    DO(LiteRtUnlockTensorBuffer(input));
    DO(LiteRtRunCompiledModel(compiled, 0, 1, &input, 1, &output));
    DO(LiteRtLockTensorBuffer(output, &memory, LOCK_TO_READ));
    memcpy(scores, memory, output_bytes);
    DO(LiteRtUnlockTensorBuffer(output));
    return now() - started;
}

int main(int count, char **arguments) {
    require(count == 5, "expected MODEL VALUES SCORES SECONDS");
    open_model(arguments[1]);
    require((values = malloc(input_bytes)) && (scores = malloc(output_bytes)), "no memory");
    FILE *file = fopen(arguments[2], "rb");
    require(file && fread(values, 1, input_bytes, file) == input_bytes, "VALUES does not fill the input tensor");
    int64_t warm_at = now() + (int64_t)(atof(arguments[4]) * 1e9);
    do run();
    while (now() < warm_at);
    file = fopen(arguments[3], "wb");
    require(file && fwrite(scores, 1, output_bytes, file) == output_bytes && !fclose(file), "SCORES cannot be written");
    for (int runs; scanf("%d", &runs) == 1; fflush(stdout))
        for (; runs > 0; runs--) printf("%lld\n", (long long)run());
    return 0;
}
