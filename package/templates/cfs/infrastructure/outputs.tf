output "main" {
  description = "Where the first server is"
  value       = "http://${tencentcloud_instance.app[0].public_ip}/"
}

output "files" {
  description = "Where the file system can be mounted"
  value       = "${tencentcloud_cfs_file_system.app.mount_ip}:/"
}

output "login_password" {
  description = "Password of the servers' first login"
  value       = random_password.login.result
  sensitive   = true
}
