# A condition that never holds is for an instance that there is.
resource "terraform_data" "a" {
  count = 0
  lifecycle {
    precondition {
      condition     = path.module == "x"
      error_message = "Never."
    }
  }
}
