output "read" {
  value = file("../software/values.yaml")
}

output "linked" {
  value = file("${path.module}/inside")
}

output "there" {
  value = [fileexists("../software/values.yaml"), fileexists("../software/none.yaml")]
}

output "listed" {
  value = fileset("..", "software/*.yaml")
}

output "digest" {
  value = filemd5("../software/values.yaml")
}

output "rendered" {
  value = templatefile("../software/greeting.tftpl", { name = "package" })
}
