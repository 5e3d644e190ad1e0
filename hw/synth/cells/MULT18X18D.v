// The ECP5's multiplier as this project uses it: registers of both operands and of the product, or
// none, by CLK0, always enabled and never reset; no shift inputs, operand B from the fabric.
// P = A * B, each operand signed where its SIGNED input is 1; 36 bits, exact. From Lattice's
// "ECP5 and ECP5-5G sysDSP Usage Guide" (TN1267); Yosys has a black box only.
module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0"
) (
    input A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
    input B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
    input C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0,
    output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
    output P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
    output P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
  wire [17:0] a = {
      A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire [17:0] b = {
      B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  reg [17:0] held_a = 0, held_b = 0;
  reg [35:0] held_product = 0;
  wire [17:0] used_a = REG_INPUTA_CLK == "NONE" ? a : held_a;
  wire [17:0] used_b = REG_INPUTB_CLK == "NONE" ? b : held_b;
  wire signed [18:0] wide_a = {SIGNEDA & used_a[17], used_a};
  wire signed [18:0] wide_b = {SIGNEDB & used_b[17], used_b};
  wire signed [37:0] product = wide_a * wide_b;
  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
          P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
          P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} =
      REG_OUTPUT_CLK == "NONE" ? product[35:0] : held_product;
  always @(posedge CLK0) begin
    held_a <= a;
    held_b <= b;
    held_product <= product[35:0];
  end
endmodule
