resource "terraform_data" "indep" {
  input = "i"
}
resource "terraform_data" "bad" {
  input = "b"
  provisioner "local-exec" {
    command = "echo begun >> log.txt; exit 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo a tainted object is destroyed as it is >> log.txt"
  }
  lifecycle {
    postcondition {
      condition     = self.output == "b"
      error_message = "Not made."
    }
  }
}
resource "terraform_data" "after" {
  input = terraform_data.bad.output
}
output "after" {
  value = terraform_data.after.output
}
output "indep" {
  value = terraform_data.indep.output
}
