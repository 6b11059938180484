resource "terraform_data" "b" {
  input = "x"
  lifecycle {
    postcondition {
      error_message = "Not ${tonumber(self.output)}."
      condition     = self.output == "x"
    }
  }
}
