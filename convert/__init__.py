"""From a trained `.keras` to a `.tflite` or `.onnx` that answers as it does, with its card inside.

python -m convert flowers.keras --to tflite --recipe int8 --calibrate flowers/

keras_file   the `.keras` file, checked before anything heavy is imported
pictures     which pictures calibrate and which ones check
network      the loaded Keras network: what the result is compared with; plain_network makes one list of layers of it
recipes      one row a recipe                 formats    one row a format
order        what a user wants: targets, pictures, bounds; targets reads it from the options
tflite       writes TFLite: tflite_int8 rounds it, by the ranges that tflite_ranges measures, tflite_file edits its
             tables, tflite_rows makes its mean and deviation quick, tflite_check judges its dtypes, describe_tflite
             tells other programs what the card tells, as tflite_metadata, by the tables of flat_table
onnx         writes ONNX: onnx_weights, onnx_int8 in one of onnx_schemes, onnx_input, onnx_graph, onnx_reshapes,
             onnx_rows; onnx_shapes notes what lies between operators, onnx_whole brings in weights of other files
agreement    how often two files answer alike: bounds decides, differences saves the pictures, cautions says where
             it proves little
diagnose     which layers of a file lose the most: diagnose_tflite and diagnose_onnx read their results by the names
             in layers, diagnose_files opens either, diagnose_report and diagnose_command tell
attempts     the ways in which a file is tried, and which is kept: bias_correction, which computes a network by steps,
             and float_layers, which stay float32 in an integer file
cam          a second output: where on the picture the class was seen
material     all that is read before               golden       the tiny pictures of the self-test
conversion   all of it in order                    report       what is printed, operator_table a part of it
adopt        a card for a file made elsewhere, adopt_keras for a `.keras`; channels turns BGR round, adopt_command asks
cli          the command, whose options are in arguments; it hears of progress as an observer
failure      and quiet, scratch: keep libraries' errors, logs and files in order
"""
